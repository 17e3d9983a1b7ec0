/** What a generator yields, for whoever iterates over its call; twin of pybridge/items.py. */
'use strict';

define([], function () {
  class Items {
    constructor() {
      /** @type {unknown[]} */
      this.values = [];
      /** How many came so far. */
      this.count = 0;
      this.ended = false;
      /** @type {unknown} */
      this.error = undefined;
      /** @type {() => void} */
      this.wake = () => {};
    }

    /**
     * Those of some items that did not come before: a message may come twice.
     * @param {number} first how many were sent before them
     * @param {unknown[]} values
     */
    fresh(first, values) {
      const news = values.slice(Math.max(this.count - first, 0));
      this.count = Math.max(this.count, first + values.length);
      return news;
    }

    /** @param {unknown} value */
    push(value) {
      this.values.push(value);
      this.wake();
    }

    /** @param {unknown} [error] */
    end(error) {
      this.ended = true;
      this.error = error;
      this.wake();
    }

    /**
     * Give the items in order as they come; leaving the loop early cancels the call.
     * @param {() => void} cancel
     * @returns {AsyncGenerator<any, void, void>}
     */
    async *iterate(cancel) {
      try {
        for (;;) {
          while (this.values.length > 0) yield this.values.shift();
          if (this.error !== undefined) throw this.error;
          if (this.ended) return;
          await new Promise((resolve) => {
            this.wake = () => resolve(undefined);
          });
        }
      } finally {
        if (!this.ended) cancel();
      }
    }
  }

  return { Items };
});
