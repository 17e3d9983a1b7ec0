/** Where in an animation a view is and where it goes next; knows nothing of pixels or kernels. */
'use strict';

define([], function () {
  /** @typedef {import('./internal').PlayMode} PlayMode */
  /** @typedef {{index: number, direction: 1 | -1}} Step */

  /** @type {readonly PlayMode[]} */
  const MODES = ['loop', 'once', 'reflect'];

  class Playback {
    constructor() {
      this.index = 0;
      /** @type {number | null} frames, null while unknown */
      this.length = null;
      /** @type {1 | -1} */
      this.direction = 1;
      this.playing = false;
      /** @type {PlayMode} */
      this.mode = 'loop';
      /** Frames per second at speed 1. */
      this.rate = 5;
      this.speed = 1;
      /** When the frame shown now was due, in ms. */
      this.since = 0;
    }

    /** @param {1 | -1} direction @param {number} now */
    play(direction, now) {
      this.direction = direction;
      this.playing = true;
      this.since = now;
      // From the last frame of a pass, play begins it again.
      if (this.after(this) === null) this.index = direction > 0 ? 0 : (this.last ?? this.index);
    }

    pause() {
      this.playing = false;
    }

    /** Index of the last frame, if it is known. */
    get last() {
      return this.length === null ? null : this.length - 1;
    }

    /** @param {number} index */
    seek(index) {
      this.index = Math.max(0, this.last === null ? index : Math.min(index, this.last));
    }

    /**
     * The frame after another in the order of play.
     * @param {Step} step
     * @returns {Step | null} null at the end
     */
    after({ index, direction }) {
      const next = index + direction;
      if (next >= 0 && (this.last === null || next <= this.last)) return { index: next, direction };
      const { last } = this;
      if (this.mode === 'once' || last === null || last < 1) return null;
      if (this.mode === 'loop') return { index: direction > 0 ? 0 : last, direction };
      return { index: index - direction, direction: direction > 0 ? -1 : 1 };
    }

    /** The next frames in the order of play, the nearest first. @param {number} count @returns {Step[]} */
    ahead(count) {
      const steps = [];
      const seen = new Set([this.index]);
      for (let step = this.after(this); step && steps.length < count; step = this.after(step)) {
        // Reflected frames come by twice; a whole loop ends where it began.
        if (seen.has(step.index)) {
          if (this.mode !== 'reflect' || seen.size === this.length) break;
        } else steps.push(step);
        seen.add(step.index);
      }
      return steps;
    }

    /** Time from frame to frame, in ms. */
    get period() {
      return 1000 / (this.rate * this.speed);
    }

    /** How many frames the clock says to go on. @param {number} now */
    due(now) {
      return this.playing ? Math.floor((now - this.since) / this.period + 0.01) : 0;
    }

    /** Where to be after some frames; stops at the end. @param {number} count @returns {Step | null} */
    peek(count) {
      /** @type {Step | null} */
      let step = null;
      for (let next = this.after(this); next && count > 0; count--, next = this.after(next))
        step = next;
      return step;
    }

    /** @param {Step} step @param {number} count frames gone on @param {number} now */
    go(step, count, now) {
      this.index = step.index;
      this.direction = step.direction;
      // The clock goes on from when the frame was due, unless it has fallen behind.
      this.since = Math.max(this.since + count * this.period, now - this.period);
    }

    /** The next frame is not there yet: it is due as soon as it comes. @param {number} now */
    hold(now) {
      this.since = Math.max(this.since, now - this.period);
    }
  }

  return { Playback, MODES };
});
