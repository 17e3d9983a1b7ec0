/** The canvas of one player, and decoded frames waiting for it. */
'use strict';

define([], function () {
  /** @typedef {import('./internal').KeptFrame} KeptFrame */
  /**
   * A frame as it is drawn: a picture, and what it is put on.
   * @typedef {{picture: ImageBitmap, backdrop: ImageBitmap | null, at: [number, number, number, number]}} Decoded
   */

  /** Pixels to hold decoded, of frames about to be shown; each takes 4 bytes. */
  const BUDGET = 10e6;
  /** And how many frames that may be. */
  const [FEWEST, MOST] = [6, 32];
  /** Backdrops to hold decoded. */
  const BACKDROPS = 2;

  /** @param {readonly number[]} one left, top, width, height @param {readonly number[]} other */
  const covers = ([left, top, width, height], [x, y, w, h]) =>
    x >= left && y >= top && x + w <= left + width && y + h <= top + height;

  class Screen {
    /** @param {HTMLCanvasElement} canvas */
    constructor(canvas) {
      this.canvas = canvas;
      this.context = canvas.getContext('2d');
      /** @type {Map<number, {of: Blob, decoded: Decoded | null}>} */
      this.entries = new Map();
      /** The latest last. @type {Map<Blob, Promise<ImageBitmap>>} */
      this.backdrops = new Map();
      /** What the canvas shows. @type {Decoded | null} */
      this.shown = null;
    }

    /** How many frames to hold decoded. */
    get capacity() {
      const { width, height } = this.canvas;
      return Math.max(FEWEST, Math.min(MOST, Math.floor(BUDGET / (width * height || 1))));
    }

    /**
     * Decode a frame, unless it is already; gives how long that took.
     * @param {number} index
     * @param {KeptFrame} frame
     * @returns {Promise<{took: number, pixels: number} | null>} in ms
     */
    async prepare(index, { blob, part }) {
      if (this.entries.get(index)?.of === blob) return null;
      const began = performance.now();
      this.remove(index);
      /** @type {{of: Blob, decoded: Decoded | null}} */
      const entry = { of: blob, decoded: null };
      this.entries.set(index, entry);
      const [picture, backdrop] = await Promise.all([
        createImageBitmap(blob),
        part ? this.backdrop(part.backdrop) : null,
      ]);
      const { width, height } = picture;
      if (this.entries.get(index) !== entry) picture.close();
      else entry.decoded = { picture, backdrop, at: [part?.x ?? 0, part?.y ?? 0, width, height] };
      return { took: performance.now() - began, pixels: width * height };
    }

    /** @param {Blob} blob */
    backdrop(blob) {
      const decoded = this.backdrops.get(blob) ?? createImageBitmap(blob);
      this.backdrops.delete(blob);
      this.backdrops.set(blob, decoded);
      // Not closed: frames that wait may be put on it.
      for (const old of [...this.backdrops.keys()].slice(0, -BACKDROPS)) this.backdrops.delete(old);
      return decoded;
    }

    /** @param {number} index @param {KeptFrame} frame */
    ready(index, frame) {
      const entry = this.entries.get(index);
      return entry !== undefined && entry.of === frame.blob && entry.decoded !== null;
    }

    /** Show a frame that is ready. @param {number} index */
    draw(index) {
      const decoded = this.entries.get(index)?.decoded;
      if (!decoded || !this.context) return;
      this.ground(decoded, this.context);
      // Transparent frames must not show the one before.
      this.context.clearRect(...decoded.at);
      this.context.drawImage(decoded.picture, ...decoded.at);
      this.shown = decoded;
    }

    /** Have the canvas show what a frame is put on. @param {Decoded} next @param {CanvasRenderingContext2D} context */
    ground({ picture, backdrop, at }, context) {
      const { canvas, shown } = this;
      const { width, height } = backdrop ?? picture;
      const resized = canvas.width !== width || canvas.height !== height;
      if (resized) {
        canvas.width = width;
        canvas.height = height;
      }
      if (!backdrop) return;
      if (shown?.backdrop === backdrop && !resized) {
        if (covers(at, shown.at)) return;
        context.clearRect(...shown.at);
        context.drawImage(backdrop, ...shown.at, ...shown.at);
      } else {
        context.clearRect(0, 0, width, height);
        context.drawImage(backdrop, 0, 0);
      }
    }

    /** Let go of all but the frames given. @param {ReadonlySet<number>} indices */
    keep(indices) {
      for (const index of [...this.entries.keys()]) {
        if (!indices.has(index)) this.remove(index);
      }
    }

    /** @param {number} index */
    remove(index) {
      this.entries.get(index)?.decoded?.picture.close();
      this.entries.delete(index);
    }

    close() {
      this.keep(new Set());
      this.backdrops.clear();
      this.shown = null;
      // A canvas without pixels gives its memory back at once.
      this.canvas.width = this.canvas.height = 0;
    }
  }

  return { Screen };
});
