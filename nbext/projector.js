/**
 * Puts the frames of one view on its screen in time: says which are wanted, the one to see first, has
 * the next ones decoded, and shows each when it is due.
 */
'use strict';

define(['./loop'], function (/** @type {import('./internal').LoopModule} */ loop) {
  /** @typedef {import('./internal').Step} Step */

  /** How many of the frames to see may come late before they may come with losses. */
  const STRAIN = 0.3;
  /** Weight of one more frame in that. */
  const NEW = 0.05;

  class Projector {
    /**
     * @param {import('./internal').Playback} playback
     * @param {import('./internal').Frames} frames
     * @param {import('./internal').Screen} screen
     * @param {import('./internal').ProjectorListener} listener
     */
    constructor(playback, frames, screen, listener) {
      this.playback = playback;
      this.frames = frames;
      this.screen = screen;
      this.listener = listener;
      /** @type {number | null} the frame on the canvas */
      this.drawn = null;
      this.shown = 0;
      this.dropped = 0;
      /** How many of the frames come late, from 0 to 1, and whether that was ever too much. */
      this.strain = 0;
      this.strained = false;
      /** Whether the next frame is late already. */
      this.late = false;
      this.visible = true;
      this.tick = this.tick.bind(this);
    }

    /** Go by the playback: look before each repaint what is due, as long as it plays. */
    run() {
      if (this.playback.playing) loop.start(this.tick);
      else loop.stop(this.tick);
    }

    /** @param {boolean} visible whether the viewer can see the screen */
    see(visible) {
      this.visible = visible;
      this.ask();
    }

    /** Say what is wanted: the frame to see, then those that come after it. */
    ask() {
      const { playback, frames, screen } = this;
      if (!this.visible || document.hidden) {
        frames.want([]);
        return;
      }
      // At rest none: the frame that the figure shows can still be drawn in another size or saved,
      // and those behind it may not.
      const ahead = playback.playing ? playback.ahead(frames.ahead) : [];
      frames.rate = 1000 / playback.period;
      frames.lossy = playback.playing && this.strained;
      const indices = [playback.index, ...ahead.map((step) => step.index)];
      frames.want(indices);
      const near = new Set(indices.slice(0, screen.capacity).map((i) => frames.standIn(i)));
      screen.keep(near);
      for (const index of near) this.decode(index);
    }

    /** @param {number} index */
    decode(index) {
      const frame = this.frames.get(index);
      if (!frame) return;
      void this.screen.prepare(index, frame).then(
        (decoded) => {
          if (decoded) this.frames.decoded(frame.mime, decoded.took, decoded.pixels);
          this.show(index);
        },
        (error) => console.error('pybridge: a frame could not be decoded', error),
      );
    }

    /** Frames are here, some of them perhaps anew. @param {readonly number[]} indices */
    came(indices) {
      if (this.drawn !== null && indices.includes(this.drawn)) this.drawn = null;
      this.ask();
    }

    /** Frames look different from now on. */
    forget() {
      this.drawn = null;
    }

    /** @param {number} index */
    isReady(index) {
      const shown = this.frames.standIn(index);
      const frame = this.frames.get(shown);
      return frame !== undefined && this.screen.ready(shown, frame);
    }

    /** Draw a frame if it is the one to see. @param {number} index */
    show(index) {
      if (index !== this.frames.standIn(this.playback.index)) return;
      if (index === this.drawn || !this.isReady(index)) return;
      this.screen.draw(index);
      this.drawn = index;
      this.shown += 1;
      this.listener.shown();
    }

    /** @param {number} now ms, as performance.now() */
    tick(now) {
      const { playback } = this;
      if (!playback.playing || !this.visible) return;
      const due = playback.due(now);
      if (due < 1) return;
      const step = playback.peek(due);
      if (!step) {
        playback.pause();
        this.listener.ended();
        return;
      }
      const next = /** @type {Step} */ (playback.peek(1));
      if (this.isReady(step.index)) this.go(step, due, now);
      else {
        this.late = true;
        if (this.isReady(next.index)) this.go(next, 1, now);
        else this.hold(next, now);
      }
      this.ask();
    }

    /** @param {Step} step @param {number} count frames gone on @param {number} now */
    go(step, count, now) {
      // Once for each frame, however late: a busy kernel holds up many looks at one frame.
      this.strain += NEW * (Number(this.late) - this.strain);
      this.strained ||= this.strain > STRAIN;
      this.late = false;
      this.dropped += count - 1;
      this.playback.go(step, count, now);
      this.show(this.frames.standIn(step.index));
    }

    /** @param {Step} next a frame that is due, and not here @param {number} now */
    hold(next, now) {
      this.playback.hold(now);
      const error = this.frames.failed.get(next.index);
      if (error) this.listener.missed(error, next);
    }

    close() {
      loop.stop(this.tick);
    }
  }

  return { Projector };
});
