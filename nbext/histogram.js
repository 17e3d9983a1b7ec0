/** How long things take, counted in a few numbers; twin of pybridge/histogram.py. */
'use strict';

define([], function () {
  /** Up to where each place counts, in ms; one more counts what is beyond. */
  const BOUNDS = [1e-1, 1, 10, 100, 1000, 10_000].flatMap((unit) => [unit, 2 * unit, 5 * unit]);

  class Histogram {
    constructor() {
      /** @type {number[]} */
      this.counts = new Array(BOUNDS.length + 1).fill(0);
      this.count = 0;
      this.longest = 0;
    }

    /** @param {number} took ms */
    add(took) {
      const place = BOUNDS.findIndex((bound) => took <= bound);
      const counts = /** @type {Record<number, number>} */ (this.counts);
      counts[place < 0 ? BOUNDS.length : place] += 1;
      this.count += 1;
      this.longest = Math.max(this.longest, took);
    }

    /**
     * What a share of them took at most: between the bounds of a place they are taken to lie evenly.
     * @param {number} share from 0 to 1
     * @returns {number | null} ms; null where nothing was counted
     */
    quantile(share) {
      let rest = share * this.count;
      let from = 0;
      for (const [place, count] of this.counts.entries()) {
        const to = Math.min(BOUNDS[place] ?? this.longest, this.longest);
        if (count > 0 && rest <= count) return from + ((to - from) * rest) / count;
        rest -= count;
        from = to;
      }
      return this.count > 0 ? this.longest : null;
    }

    /** @returns {import('./pybridge').Latency} */
    get summary() {
      return {
        count: this.count,
        median: this.quantile(0.5),
        p95: this.quantile(0.95),
        longest: this.count > 0 ? this.longest : null,
        histogram: this.counts.map((count, place) => [BOUNDS[place] ?? null, count]),
      };
    }
  }

  return { Histogram };
});
