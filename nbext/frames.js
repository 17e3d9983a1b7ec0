/**
 * The frames of one view: those kept, those on the way, and those to ask for next.
 *
 * The view says again and again what it wants, the most urgent first; whatever is not on the way
 * when a place becomes free is asked for by the newest list, so nothing stale is ever sent.
 */
'use strict';

define(['./errors'], function (/** @type {import('./internal').ErrorsModule} */ errors) {
  /** @typedef {import('./internal').KeptFrame} KeptFrame */
  /** @typedef {import('./internal').FramesReply} FramesReply */

  const BUDGET = 64 * 2 ** 20;
  /** Requests under way: one on the wire while the kernel works on the other. */
  const WINDOW = 2;
  /** How long one request should keep the kernel busy, in ms: others use it, too. */
  const SLICE = 60;
  const MAX_BATCH = 16;

  class Frames {
    /**
     * @param {import('./pybridge').PythonHandle} handle of the kernel's Animation
     * @param {import('./internal').FramesListener} listener
     * @param {number} [budget] bytes to keep
     */
    constructor(handle, listener, budget = BUDGET) {
      this.handle = handle;
      this.listener = listener;
      this.budget = budget;
      this.bytes = 0;
      this.version = 0;
      this.scale = 1;
      this.batch = 1;
      this.calls = 0;
      /** Time from asking to having, of late, in ms. */
      this.trip = 0;
      /** @type {Map<number, KeptFrame>} the least recently used first */
      this.kept = new Map();
      /** @type {Set<number>} */
      this.coming = new Set();
      /** @type {readonly number[]} */
      this.wanted = [];
      /** @type {Map<number, import('./internal').ErrorDescription>} */
      this.failed = new Map();
      this.underWay = 0;
      this.abort = new AbortController();
    }

    /** @param {number} index */
    get(index) {
      const frame = this.kept.get(index);
      if (frame) {
        this.kept.delete(index);
        this.kept.set(index, frame);
      }
      return frame;
    }

    /** @param {number} index */
    missing(index) {
      return (
        this.kept.get(index)?.scale !== this.scale &&
        !this.coming.has(index) &&
        !this.failed.has(index)
      );
    }

    /** Say which frames are wanted, the most urgent first. @param {readonly number[]} indices */
    want(indices) {
      this.wanted = indices;
      while (this.underWay < WINDOW && !this.abort.signal.aborted) {
        const batch = this.wanted.filter((index) => this.missing(index)).slice(0, this.batch);
        if (batch.length === 0) return;
        void this.fetch(batch);
      }
    }

    /** @param {number[]} indices */
    async fetch(indices) {
      const { scale, version } = this;
      const asked = performance.now();
      this.underWay += 1;
      this.calls += 1;
      for (const index of indices) this.coming.add(index);
      try {
        const options = { signal: this.abort.signal, repeatable: true };
        const reply = await this.handle.call('frames', [indices, scale, version], {}, options);
        this.adapt(performance.now() - asked, reply.frames.length);
        this.take(reply, scale);
        if (reply.version === version) this.giveUp(indices, reply);
      } catch (error) {
        if (this.abort.signal.aborted) return;
        // Asked for again only when the view says so: the next call would fail as well.
        this.wanted = [];
        this.listener.lost(error);
      } finally {
        this.underWay -= 1;
        for (const index of indices) this.coming.delete(index);
        if (!this.abort.signal.aborted) this.want(this.wanted);
      }
    }

    /** Ask for as many frames at a time as keep the kernel busy for a slice. @param {number} took @param {number} count */
    adapt(took, count) {
      this.trip = this.trip ? 0.8 * this.trip + 0.2 * took : took;
      if (count === 0) return;
      const fitting = SLICE / (took / count / WINDOW);
      this.batch = Math.max(1, Math.min(MAX_BATCH, Math.round(fitting), this.batch * 2));
    }

    /** @param {FramesReply} reply @param {number} scale */
    take(reply, scale) {
      if (reply.version < this.version) return;
      if (reply.version > this.version) this.forget(reply.version);
      this.listener.state(reply);
      for (const { index, data, mime } of reply.frames) {
        this.drop(index);
        this.kept.set(index, { blob: new Blob([data], { type: mime }), size: data.length, scale });
        this.bytes += data.length;
      }
      if (reply.error) this.failed.set(reply.error.index, reply.error);
      const oldest = this.kept.keys();
      while (this.bytes > this.budget && this.kept.size > 1) {
        this.drop(/** @type {number} */ (oldest.next().value));
      }
      for (const { index } of reply.frames) this.listener.came(index);
      if (reply.error) this.listener.failed(reply.error);
    }

    /** Frames that did not come will not come by asking again at once. @param {number[]} indices @param {FramesReply} reply */
    giveUp(indices, reply) {
      if (reply.error) return;
      const message = 'there is no such frame';
      for (const index of indices.slice(reply.frames.length)) {
        /** @type {import('./internal').ErrorDescription} */
        const error = {
          code: 'bad-argument',
          type: 'FrameRangeError',
          message,
          traceback: '',
          frames: [],
          cause: null,
        };
        this.failed.set(index, error);
      }
    }

    /** @param {number} index */
    drop(index) {
      this.bytes -= this.kept.get(index)?.size ?? 0;
      this.kept.delete(index);
    }

    /** The kernel draws other frames now. @param {number} version */
    forget(version) {
      this.version = version;
      this.kept.clear();
      this.failed.clear();
      this.bytes = 0;
    }

    /** Ask again for what has failed. */
    retry() {
      this.failed.clear();
    }

    close() {
      this.abort.abort();
      this.forget(this.version);
    }
  }

  const GONE = 'The kernel that draws this animation is gone: run the cell again.';

  /** What to tell the viewer about a call that failed. @param {unknown} error */
  function advice(error) {
    if (!(error instanceof errors.BridgeError)) return String(error);
    switch (error.code) {
      case 'no-handle':
      case 'restarted':
      case 'dead':
        return GONE;
      case 'disconnected':
        return 'The connection to the kernel is lost; press play once it is back.';
      case 'interrupted':
        return 'The kernel was interrupted; press play to go on.';
      default:
        return error.message;
    }
  }

  return { Frames, advice, GONE };
});
