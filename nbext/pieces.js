/** What is too large for one message, cut into pieces; twin of pybridge/uploads.py. */
'use strict';

define(['./errors'], function (/** @type {import('./internal').ErrorsModule} */ { BridgeError }) {
  /** Above 10 MiB the server closes the connection. */
  const PIECE = 4 * 2 ** 20;
  /** The same limit as the kernel's. */
  const LARGEST = 2 ** 30;

  /** How large buffers are together. Throws where that is over the limit. @param {ArrayBuffer[]} buffers */
  function sizeOf(buffers) {
    const total = buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (total <= LARGEST) return total;
    const message = `${total} bytes are over the limit of ${LARGEST} for one call or answer`;
    throw new BridgeError('too-large', message);
  }

  /**
   * Cut buffers, as if they lay one after the other. A piece is copied when it is asked for.
   * @param {ArrayBuffer[]} buffers
   * @returns {import('./internal').Pieces}
   */
  function cut(buffers) {
    const sizes = buffers.map(({ byteLength }) => byteLength);
    const total = sizeOf(buffers);
    return {
      sizes,
      total,
      // One at least: an empty array is a buffer, too.
      count: Math.max(1, Math.ceil(total / PIECE)),
      piece(number) {
        const offset = number * PIECE;
        return { offset, data: stretch(buffers, offset, Math.min(PIECE, total - offset)) };
      },
    };
  }

  /** @param {ArrayBuffer[]} buffers @param {number} offset @param {number} size */
  function stretch(buffers, offset, size) {
    const copy = new Uint8Array(size);
    let start = -offset;
    for (const buffer of buffers) {
      const from = Math.max(0, -start);
      const to = Math.min(buffer.byteLength, size - start);
      if (from < to) copy.set(new Uint8Array(buffer, from, to - from), start + from);
      start += buffer.byteLength;
    }
    return copy.buffer;
  }

  return { PIECE, sizeOf, cut };
});
