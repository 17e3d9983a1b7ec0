/**
 * From points of a plot's page to coordinates and back. A picture knows the ranges it was drawn for
 * and where its axes lie, `box`, in pixels of the page; what is to be seen may have other ranges.
 */
'use strict';

define([], function () {
  /** @typedef {import('./internal').Ranges} Ranges */
  /** @typedef {import('./internal').Framed} Framed */

  /** What the kernel draws, see pybridge/plotkernel/limits.py: the width of a range beside its place. */
  const NARROWEST = 1e-10;
  /** And the largest coordinate; the inverse is the smallest width. */
  const LARGEST = 1e100;

  /** @param {Ranges} ranges @param {Framed} picture @param {number} pageX @param {number} pageY @returns {[number, number]} */
  function toData({ x, y }, { box }, pageX, pageY) {
    const [left, top, right, bottom] = box;
    return [
      x[0] + ((pageX - left) / (right - left)) * (x[1] - x[0]),
      y[1] - ((pageY - top) / (bottom - top)) * (y[1] - y[0]),
    ];
  }

  /** @param {Ranges} ranges @param {Framed} picture @param {number} dataX @param {number} dataY @returns {[number, number]} */
  function toPage({ x, y }, { box }, dataX, dataY) {
    const [left, top, right, bottom] = box;
    return [
      left + ((dataX - x[0]) / (x[1] - x[0])) * (right - left),
      top + ((y[1] - dataY) / (y[1] - y[0])) * (bottom - top),
    ];
  }

  /** @param {Ranges} ranges @param {Framed} picture @param {number} right in pixels of the page @param {number} down @returns {Ranges} */
  function pan({ x, y }, { box }, right, down) {
    const dx = (-right / (box[2] - box[0])) * (x[1] - x[0]);
    const dy = (down / (box[3] - box[1])) * (y[1] - y[0]);
    return { x: [x[0] + dx, x[1] + dx], y: [y[0] + dy, y[1] + dy] };
  }

  /**
   * Keep a part of the ranges around a point, which stays where it is.
   * @param {Ranges} ranges
   * @param {number} factor
   * @param {[number, number]} [around] by default the middle
   * @returns {Ranges} the same ones where that would be too narrow or too wide
   */
  function zoom(ranges, factor, around = [middle(ranges.x), middle(ranges.y)]) {
    const zoomed = {
      x: shrink(ranges.x, factor, around[0]),
      y: shrink(ranges.y, factor, around[1]),
    };
    return isSane(zoomed.x) && isSane(zoomed.y) ? zoomed : ranges;
  }

  /** @param {readonly [number, number]} range */
  const middle = ([low, high]) => (low + high) / 2;

  /** @param {readonly [number, number]} range @param {number} factor @param {number} around @returns {[number, number]} */
  const shrink = ([low, high], factor, around) => [
    around + (low - around) * factor,
    around + (high - around) * factor,
  ];

  /** @param {readonly [number, number]} range */
  function isSane([low, high]) {
    const width = high - low;
    const place = Math.max(Math.abs(low), Math.abs(high));
    return width >= Math.max(NARROWEST * place, 1 / LARGEST) && place <= LARGEST;
  }

  /** Where a picture lies among what is to be seen: left, top, width and height in pixels. @param {Ranges} ranges @param {import('./internal').Picture} picture @returns {[number, number, number, number]} */
  function place(ranges, picture) {
    const { x, y, width, height } = picture;
    const [left, top] = toPage(ranges, picture, ...toData({ x, y }, picture, 0, 0));
    const [right, bottom] = toPage(ranges, picture, ...toData({ x, y }, picture, width, height));
    return [left, top, right - left, bottom - top];
  }

  return { toData, toPage, pan, zoom, place };
});
