/** Pixels to coordinates and back, as a plot is moved and zoomed. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { newPage } from './amd.mjs';

const { toData, toPage, pan, zoom, place } = newPage()('viewport');

const PICTURE = { x: [0, 10], y: [-1, 1], box: [50, 20, 250, 120], width: 300, height: 150 };
const close = (given, expected) =>
  given.forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]) < 1e-9, `${given} is not ${expected}`);
  });

describe('a point', () => {
  test('of the axes has the coordinates of its corner', () => {
    close(toData(PICTURE, PICTURE, 50, 20), [0, 1]);
    close(toData(PICTURE, PICTURE, 250, 120), [10, -1]);
  });

  test('comes back to its pixel', () => {
    close(toPage(PICTURE, PICTURE, ...toData(PICTURE, PICTURE, 77, 33)), [77, 33]);
  });
});

test('what lay under the pointer moves along with it', () => {
  const before = toData(PICTURE, PICTURE, 100, 60);
  const ranges = pan(PICTURE, PICTURE, 30, -10);
  close(toData(ranges, PICTURE, 130, 50), before);
});

test('what lies under the pointer stays there while it is zoomed', () => {
  const around = toData(PICTURE, PICTURE, 100, 60);
  const ranges = zoom(PICTURE, 0.5, around);
  close(toData(ranges, PICTURE, 100, 60), around);
  assert.equal(ranges.x[1] - ranges.x[0], 5);
});

test('a zoom without a point keeps the middle', () => {
  const { x, y } = zoom(PICTURE, 2);
  close([...x, ...y], [-5, 15, -2, 2]);
});

test('what is large or small can be zoomed as anything else', () => {
  for (const size of [1e-90, 1e-15, 1e14, 1e90]) {
    const ranges = { x: [0, 10], y: [-size, size] };
    for (const factor of [0.8, 1.25])
      close(zoom(ranges, factor).x, [5 - 5 * factor, 5 + 5 * factor]);
  }
});

test('a zoom ends where numbers do', () => {
  let ranges = { x: [1, 2], y: [1, 2] };
  for (let i = 0; i < 200; i++) ranges = zoom(ranges, 0.5);
  assert.ok(ranges.x[0] < ranges.x[1]);
  for (let i = 0; i < 400; i++) ranges = zoom(ranges, 2);
  assert.ok(ranges.x.every(Number.isFinite));
});

test('the old picture lies where its points are now', () => {
  close(place(PICTURE, PICTURE), [0, 0, 300, 150]);
  close(place(pan(PICTURE, PICTURE, 30, -10), PICTURE), [30, -10, 300, 150]);
  const [left, top, width, height] = place(zoom(PICTURE, 0.5), PICTURE);
  close([width, height], [600, 300]);
  close([left, top], [-150, -70]);
});
