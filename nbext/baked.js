/** Frames that are kept in the notebook itself; written by pybridge/animation/bake.py. */
'use strict';

define(['./elements', './frames'], function (
  /** @type {import('./internal').ElementsModule} */ { element },
  /** @type {import('./internal').FramesModule} */ { unpack },
) {
  const FORMAT = 1;
  /** Of parameters, see params.js. */
  const KINDS = new Set(['slider', 'choice', 'toggle', 'text']);

  /** @param {Element} root what the kernel has shown @returns {HTMLElement | null} */
  const holder = (root) => root.querySelector(':scope > script[type="application/json"]');

  /** @param {any} baked */
  function check({ version, interval, length, scale, params, text }) {
    const isCounted = length === null || (Number.isInteger(length) && length > 0);
    const isDrawn = interval >= 0 && scale > 0 && Number.isInteger(version);
    const isDescribed =
      typeof text === 'string' &&
      Array.isArray(params) &&
      params.every((param) => typeof param?.name === 'string' && KINDS.has(param.kind));
    if (!(isCounted && isDrawn && isDescribed)) throw new Error('it says nothing sensible');
  }

  /**
   * @param {string | null | undefined} text what an output holds besides its picture
   * @returns {import('./internal').Baked | null} null where there is nothing that could be played
   */
  function parseBaked(text) {
    if (!text) return null;
    try {
      const { format, data, frames, ...rest } = JSON.parse(text);
      if (format !== FORMAT)
        throw new Error(`format ${format} is of another version of pybridge: run its cell again`);
      check(rest);
      const reply = { frames, data: Uint8Array.from(atob(data), (c) => c.charCodeAt(0)) };
      const kept = new Map();
      for (const frame of unpack(reply, rest.scale, undefined, new Map())) {
        if (!Number.isInteger(frame.index)) throw new Error('a frame has no number');
        kept.set(frame.index, frame);
      }
      if (kept.size === 0) throw new Error('it holds no frames');
      return { ...rest, frames: kept };
    } catch (error) {
      // It may be of another version, or damaged: the picture is still there.
      console.warn('pybridge: the frames kept in an output cannot be read', error);
      return null;
    }
  }

  return {
    parseBaked,
    /** @param {Element} root */
    readBaked: (root) => parseBaked(holder(root)?.textContent),
    /** Put frames into an output, in the place of others. @param {Element} root @param {string} text */
    writeBaked(root, text) {
      const script = holder(root) ?? element('script', { type: 'application/json' });
      script.textContent = text;
      root.append(script);
    },
  };
});
