/** How long things take, counted in a few numbers. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { newPage } from './amd.mjs';

function histogramOf(...times) {
  const { Histogram } = newPage()('histogram');
  const made = new Histogram();
  for (const took of times) made.add(took);
  return made;
}

/** The places that hold any. */
const places = (histogram) => histogram.summary.histogram.filter(([, count]) => count > 0);

describe('a histogram', () => {
  test('of nothing knows nothing', () => {
    const { histogram, ...rest } = histogramOf().summary;
    assert.deepEqual(rest, { count: 0, median: null, p95: null, longest: null });
    assert.ok(histogram.every(([, count]) => count === 0));
  });

  test('counts each in the place that it fits into', () => {
    const histogram = histogramOf(0, 0.1, 0.11, 1, 1.5, 2, 7, 50_000);
    assert.deepEqual(places(histogram), [
      [0.1, 2],
      [0.2, 1],
      [1, 1],
      [2, 2],
      [10, 1],
      [50_000, 1],
    ]);
    assert.equal(histogram.summary.longest, 50_000);
  });

  test('counts what is beyond all bounds', () => {
    assert.deepEqual(places(histogramOf(50_001, 1e9)), [[null, 2]]);
  });

  test('tells the median and the slow ones about right', () => {
    const times = Array.from({ length: 1000 }, (_, i) => (i + 1) / 10);
    const { median, p95 } = histogramOf(...times).summary;
    assert.ok(Math.abs(median - 50) < 1, `${median}`);
    assert.ok(Math.abs(p95 - 95) < 1, `${p95}`);
  });

  test('tells of none that took longer than the longest', () => {
    const { median, p95, longest } = histogramOf(3).summary;
    assert.ok(median <= longest && p95 <= longest, `${median} ${p95}`);
    assert.equal(histogramOf(90_000, 90_000).summary.p95 <= 90_000, true);
  });
});
