/** What says that the kernel is busy, where calls wait that say nothing themselves. */
'use strict';

define(['./bars'], function (/** @type {import('./internal').BarsModule} */ { Bars }) {
  /** Calls that wait at one place of the page: one bar tells of all of them. */
  class Place {
    /** @param {(bars: HTMLElement) => boolean} put */
    constructor(put) {
      /** By call, in the order they were asked. @type {Map<object, () => void>} */
      this.cancels = new Map();
      this.bars = new Bars(put, () => {
        for (const cancel of [...this.cancels.values()]) cancel();
      });
    }

    /** @param {object} call @param {number} waited ms @param {() => void} cancel */
    wait(call, waited, cancel) {
      this.cancels.set(call, cancel);
      // The one that has waited longest.
      if (this.cancels.keys().next().value === call) this.bars.wait(waited);
    }

    /** @param {object} call */
    leave(call) {
      if (this.cancels.delete(call) && this.cancels.size === 0) this.bars.clear();
    }
  }

  /** @type {WeakMap<object, Place>} */
  const places = new WeakMap();

  /**
   * Say how long a call has waited for a busy kernel; 0 says that it waits no more.
   * @param {object | null} at what the place on the page belongs to
   * @param {(bars: HTMLElement) => boolean} put puts bars there
   * @param {object} call
   * @param {number} waited ms
   * @param {() => void} cancel takes the call back
   */
  function wait(at, put, call, waited, cancel) {
    if (at === null) return;
    const place = places.get(at) ?? new Place(put);
    places.set(at, place);
    if (waited === 0) place.leave(call);
    else place.wait(call, waited, cancel);
  }

  return { wait };
});
