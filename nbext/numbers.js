/** Numbers as people read them. */
'use strict';

define([], function () {
  const [FEWEST, MOST] = [4, 15];

  /**
   * Write a number with as many digits as tell it from its neighbours in a range, as on a slider or
   * an axis: a thousandth of the range at least. A whole one is written out.
   * @param {number} value
   * @param {number} low
   * @param {number} high
   */
  function inRange(value, low, high) {
    if (Number.isSafeInteger(value)) return String(value);
    const share = Math.max(Math.abs(low), Math.abs(high)) / (high - low);
    const digits = Math.ceil(Math.log10(share)) + 3;
    return String(Number(value.toPrecision(Math.max(FEWEST, Math.min(MOST, digits || 0)))));
  }

  return { inRange };
});
