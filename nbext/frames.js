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
  /** @typedef {{indices: readonly number[], abort: AbortController}} Waiting */

  const BUDGET = 64 * 2 ** 20;
  /** What a browser needs for a file in memory besides its bytes, as measured in Chromium. */
  const OVERHEAD = 8 * 2 ** 10;
  /** Requests under way: one on the wire while the kernel works on the other, more on a long way. */
  const WINDOW = 2;
  const MAX_WINDOW = 6;
  /** How long one request should keep the kernel busy, and the connection, in ms: others use them, too. */
  const SLICE = 100;
  const MAX_BATCH = 32;
  /** How much larger one may be than the one before: the first frames say little. */
  const GROWTH = 4;
  /** Frames to ask for ahead at least, and at most. */
  const AHEAD = 16;
  const MAX_AHEAD = 128;
  /** Weight of the newest measurement in the averages. */
  const NEW = 0.2;
  const LOSSLESS = 'image/png';
  /** Backdrops to keep for frames to come; those kept hold theirs themselves. */
  const BACKDROPS = 4;
  /** Until what the kernel's workers are at is asked for again, should its word be lost, in ms. */
  const PATIENCE = 5000;

  /** @param {number} old 0 for none @param {number} next @param {number} [count] how many were measured */
  const average = (old, next, count = 1) => (old ? next + (1 - NEW) ** count * (old - next) : next);

  class Frames {
    /**
     * @param {import('./pybridge').PythonHandle | null} handle of the kernel's Animation; null as long
     *   as there is none
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
      this.window = WINDOW;
      this.calls = 0;
      /** Frames a second that the view would like to have. */
      this.rate = Number.POSITIVE_INFINITY;
      /** Whether frames may come with losses. */
      this.lossy = false;
      /** Of late: time from asking to having, the kernel's part of it for a frame, both in ms. */
      this.trip = 0;
      this.cost = 0;
      /** Of late: bytes of a frame, and bytes a ms on the way. */
      this.weight = 0;
      this.speed = 0;
      /** Time to decode by media type, in ms per megapixel. @type {Record<string, number>} */
      this.decode = {};
      /** @type {KeptFrame | undefined} the frame that came last */
      this.last = undefined;
      /** What frames are put on that came of late, the newest last. @type {Map<string, Blob>} */
      this.backdrops = new Map();
      /** @type {Map<number, KeptFrame>} the least recently used first */
      this.kept = new Map();
      /** @type {Set<number>} */
      this.coming = new Set();
      /** Requests that wait in a busy kernel. @type {Set<Waiting>} */
      this.waiting = new Set();
      /** @type {readonly number[]} */
      this.wanted = [];
      /** @type {Map<number, import('./internal').ErrorDescription>} */
      this.failed = new Map();
      /** What the kernel's workers are at: it says when to ask again. @type {Set<number>} */
      this.pending = new Set();
      /** Of the view, in the kernel. */
      this.view = '';
      this.underWay = 0;
      /** Frames that the notebook holds: shown until better ones come. @type {ReadonlyMap<number, KeptFrame>} */
      this.baked = new Map();
      this.abort = new AbortController();
    }

    /** @param {number} index */
    get(index) {
      const frame = this.kept.get(index);
      if (frame) {
        this.kept.delete(index);
        this.kept.set(index, frame);
      }
      return frame ?? this.baked.get(index);
    }

    /** The frame to show for another: itself, or, where none can come, the last one before it. @param {number} index */
    standIn(index) {
      if (this.handle || this.kept.has(index) || this.baked.has(index)) return index;
      let best = -1;
      for (const map of [this.kept, this.baked])
        for (const at of map.keys()) if (at < index && at > best) best = at;
      return best < 0 ? index : best;
    }

    /** The last frame that there is here; -1 for none. */
    get furthest() {
      return Math.max(-1, ...this.kept.keys(), ...this.baked.keys());
    }

    /** @param {number} index */
    missing(index) {
      const frame = this.kept.get(index);
      const good = frame?.scale === this.scale && (this.lossy || frame.mime === LOSSLESS);
      const isAwaited = this.coming.has(index) || this.pending.has(index);
      return !good && !isAwaited && !this.failed.has(index);
    }

    /** Frames of another size are wanted from now on. @param {number} scale */
    resize(scale) {
      this.scale = scale;
      this.pending.clear();
    }

    /** How many frames are worth asking for ahead of the one shown. */
    get ahead() {
      return Math.max(AHEAD, Math.min(MAX_AHEAD, this.batch * this.window));
    }

    /** Say which frames are wanted, the most urgent first. @param {readonly number[]} indices */
    want(indices) {
      this.wanted = indices;
      this.dropStale();
      const { handle } = this;
      while (handle && this.underWay < this.window && !this.abort.signal.aborted) {
        const batch = this.wanted.filter((index) => this.missing(index)).slice(0, this.batch);
        if (batch.length === 0) return;
        void this.fetch(handle, batch);
      }
    }

    /** Take back what a busy kernel has not begun, and nobody wants any more. */
    dropStale() {
      for (const { indices, abort } of this.waiting) {
        if (!indices.some((index) => this.wanted.includes(index))) abort.abort();
      }
    }

    /** @param {import('./pybridge').PythonHandle} handle @param {number[]} indices */
    async fetch(handle, indices) {
      const { scale, version } = this;
      const waiting = { indices, abort: new AbortController() };
      const signal = AbortSignal.any([this.abort.signal, waiting.abort.signal]);
      const onBusy = (/** @type {number} */ waited) => {
        if (waited > 0) this.waiting.add(waiting);
        else this.waiting.delete(waiting);
        if (waited > 0 || this.waiting.size === 0) this.listener.waiting(waited);
      };
      const asked = performance.now();
      this.underWay += 1;
      this.calls += 1;
      for (const index of indices) this.coming.add(index);
      try {
        const options = { signal, repeatable: true, onBusy };
        const known = this.lossy || this.last?.mime === LOSSLESS ? this.last : undefined;
        const link = this.lossy && this.speed ? { rate: this.speed, decode: this.decode } : null;
        // As they are now: others may have come by the time that the reply is there.
        const backdrops = new Map(this.backdrops);
        const wishes = {
          known: known?.digest ?? null,
          backdrops: [...backdrops.keys()],
          link,
          view: this.view,
          wanted: this.wanted,
        };
        const reply = await handle.call('frames', [indices, scale, version], wishes, options);
        check(reply);
        this.adapt(performance.now() - asked, reply);
        this.take(reply, scale, known, backdrops);
        if (reply.version === version && scale === this.scale) this.wait(reply.pending);
        if (reply.version === version) this.giveUp(indices, reply);
      } catch (error) {
        if (signal.aborted) return;
        // Asked for again only when the view says so: the next call would fail as well.
        this.wanted = [];
        this.listener.lost(error);
      } finally {
        this.underWay -= 1;
        if (this.waiting.delete(waiting) && this.waiting.size === 0) this.listener.waiting(0);
        for (const index of indices) this.coming.delete(index);
        if (!this.abort.signal.aborted) this.want(this.wanted);
      }
    }

    /** Ask for as much at a time as suits the kernel, the way and the view. @param {number} trip @param {FramesReply} reply */
    adapt(trip, { frames, took, data, pending }) {
      // Behind somebody's cell it says nothing about the way.
      const held = this.trip > 0 && trip > 8 * this.trip;
      this.trip = average(this.trip, trip);
      // Asking for more costs the kernel nothing, and keeps its workers busy.
      if (pending.length > 0) this.batch = Math.min(MAX_BATCH, this.batch * GROWTH);
      if (frames.length === 0) return;
      const { length } = frames;
      this.cost = average(this.cost, took / length, length);
      this.weight = average(this.weight, data.length / length, length);
      // The kernel may have been at the requests before this one for as long.
      const way = Math.max(trip - took * this.underWay, 1);
      if (data.length > 0 && !held) this.speed = average(this.speed, data.length / way);
      const fitting = SLICE / Math.max(this.cost, this.weight / this.speed || 0, 0.1);
      this.batch = Math.max(1, Math.min(MAX_BATCH, Math.round(fitting), this.batch * GROWTH));
      // What the kernel can do, or the view can use, while one request goes there and back.
      const rate = Math.min(this.rate / 1000, 1 / Math.max(this.cost, 0.1));
      const needed = Math.ceil((rate * this.trip) / this.batch);
      this.window = Math.max(WINDOW, Math.min(MAX_WINDOW, needed));
    }

    /** Note how long decoding took. @param {string} mime @param {number} took ms @param {number} pixels */
    decoded(mime, took, pixels) {
      this.decode[mime] = average(this.decode[mime] ?? 0, (took / pixels) * 1e6);
    }

    /**
     * @param {FramesReply} reply
     * @param {number} scale
     * @param {KeptFrame | undefined} last the frame before those of the reply
     * @param {Map<string, Blob>} backdrops those that the kernel was told of
     */
    take(reply, scale, last, backdrops) {
      if (reply.version < this.version) return;
      if (reply.version > this.version) this.forget(reply.version);
      this.listener.state(reply);
      for (const frame of unpack(reply, scale, last, backdrops)) {
        this.drop(frame.index);
        this.kept.set(frame.index, frame);
        this.bytes += frame.size;
        this.last = frame;
      }
      for (const [key, blob] of backdrops) {
        this.backdrops.delete(key);
        this.backdrops.set(key, blob);
      }
      for (const key of [...this.backdrops.keys()].slice(0, -BACKDROPS)) this.backdrops.delete(key);
      if (reply.error) this.failed.set(reply.error.index, reply.error);
      const oldest = this.kept.keys();
      while (this.bytes + this.kept.size * OVERHEAD > this.budget && this.kept.size > 1) {
        this.drop(/** @type {number} */ (oldest.next().value));
      }
      if (reply.frames.length > 0) this.listener.came(reply.frames.map(({ index }) => index));
      if (reply.error) this.listener.failed(reply.error);
    }

    /** Frames that did not come will not come by asking again at once. @param {number[]} indices @param {FramesReply} reply */
    giveUp(indices, reply) {
      if (reply.error) return;
      const message = 'there is no such frame';
      const answered = new Set([...reply.frames.map(({ index }) => index), ...reply.pending]);
      for (const index of indices.filter((index) => !answered.has(index))) {
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

    /** Wait for frames that the kernel's workers are at. @param {readonly number[]} indices */
    wait(indices) {
      if (indices.length === 0) return;
      for (const index of indices) this.pending.add(index);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ready([...this.pending]), PATIENCE);
    }

    /** The kernel has them now, or knows why not. @param {readonly number[]} indices */
    ready(indices) {
      for (const index of indices) this.pending.delete(index);
      this.want(this.wanted);
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
      this.pending.clear();
      this.baked = new Map();
      this.failed.clear();
      this.last = undefined;
      this.bytes = 0;
    }

    /** Ask again for what has failed. */
    retry() {
      this.failed.clear();
    }

    close() {
      this.abort.abort();
      clearTimeout(this.timer);
      this.forget(this.version);
    }
  }

  /** Refuse what is no reply of an Animation's: any handle may bear any name. @param {any} reply */
  function check(reply) {
    const { frames, data, pending, took, version } = reply ?? {};
    const isListed =
      [frames, pending].every(Array.isArray) &&
      frames.every((/** @type {any} */ frame) => Number.isInteger(frame?.index));
    if (!isListed || !(data instanceof Uint8Array) || !(took >= 0 && version >= 0)) {
      throw new errors.BridgeError('bad-argument', 'what answers here is no animation');
    }
  }

  /** Refuse frames that are longer or shorter than their data. @param {any[]} frames @param {Uint8Array} data */
  function measure(frames, data) {
    const sizes = frames.flatMap(({ size, backdropSize = 0 }) => [size, backdropSize]);
    const isCounted = sizes.every((size) => Number.isInteger(size) && size >= 0);
    if (!isCounted || sizes.reduce((sum, size) => sum + size, 0) !== data.length) {
      throw new errors.BridgeError('bad-argument', 'the frames are not of the size that they say');
    }
  }

  /**
   * Take a reply apart; backdrops that came with it are added to those given.
   * @param {Pick<FramesReply, 'frames' | 'data'>} reply
   * @param {number} scale
   * @param {KeptFrame | undefined} last
   * @param {Map<string, Blob>} backdrops
   */
  function* unpack({ frames, data }, scale, last, backdrops) {
    measure(frames, data);
    let offset = 0;
    const file = (/** @type {number} */ size, /** @type {string} */ type) => {
      const blob = new Blob([data.subarray(offset, offset + size)], { type });
      offset += size;
      return blob;
    };
    let before = last;
    for (const { index, digest, size, ...own } of frames) {
      if (size === 0 && before) before = { ...before, index, size, scale };
      else {
        const { mime, x, y, backdrop, backdropSize, backdropMime = LOSSLESS } = own;
        if (backdrop && backdropSize) backdrops.set(backdrop, file(backdropSize, backdropMime));
        const below = backdrop ? backdrops.get(backdrop) : undefined;
        const part = below && { backdrop: below, x, y };
        before = { index, digest, size, scale, mime, blob: file(size, mime), part };
      }
      yield before;
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

  return { Frames, unpack, advice, GONE };
});
