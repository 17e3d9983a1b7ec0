/** A canvas that shows frames; they are decoded off the main thread, a few ahead of time. */
'use strict';

define([], function () {
  /** Decoded pictures kept: those about to be shown. Each takes 4 bytes a pixel. */
  const DECODED = 12;

  class Screen {
    /** @param {HTMLCanvasElement} canvas */
    constructor(canvas) {
      this.canvas = canvas;
      this.context = canvas.getContext('2d');
      /** @type {Map<number, {of: Blob, picture: ImageBitmap | null}>} */
      this.decoded = new Map();
    }

    /** Decode a frame, unless it is already. @param {number} index @param {Blob} blob */
    async prepare(index, blob) {
      if (this.decoded.get(index)?.of === blob) return;
      this.remove(index);
      /** @type {{of: Blob, picture: ImageBitmap | null}} */
      const entry = { of: blob, picture: null };
      this.decoded.set(index, entry);
      const picture = await createImageBitmap(blob);
      if (this.decoded.get(index) === entry) entry.picture = picture;
      else picture.close();
    }

    /** @param {number} index @param {Blob} blob */
    ready(index, blob) {
      const entry = this.decoded.get(index);
      return entry !== undefined && entry.of === blob && entry.picture !== null;
    }

    /** Show a frame that is ready. @param {number} index */
    draw(index) {
      const picture = this.decoded.get(index)?.picture;
      if (!picture) return;
      const { canvas } = this;
      if (canvas.width !== picture.width || canvas.height !== picture.height) {
        canvas.width = picture.width;
        canvas.height = picture.height;
      }
      // Transparent frames must not show the one before.
      this.context?.clearRect(0, 0, canvas.width, canvas.height);
      this.context?.drawImage(picture, 0, 0);
    }

    /** Let go of all but the frames given. @param {ReadonlySet<number>} indices */
    keep(indices) {
      for (const index of [...this.decoded.keys()]) {
        if (!indices.has(index)) this.remove(index);
      }
    }

    /** @param {number} index */
    remove(index) {
      this.decoded.get(index)?.picture?.close();
      this.decoded.delete(index);
    }

    close() {
      this.keep(new Set());
      // A canvas without pixels gives its memory back at once.
      this.canvas.width = this.canvas.height = 0;
    }
  }

  return { Screen, DECODED };
});
