/**
 * One call, from asked to settled. Calls wait in a queue, a few of them are under way at a time,
 * and each one settles: with what the kernel answers, or because it was aborted, timed out or
 * cancelled, or because the kernel or the connection to it went away.
 *
 * A call is over when the kernel's reply and the `idle` of its message are both in, in whichever
 * order, or when a question that was asked after it is answered; it may settle before that, as soon
 * as its result is there.
 */
'use strict';

define(['./host', './journal', './losses'], function (
  /** @type {import('./internal').HostModule} */ host,
  /** @type {import('./internal').JournalModule} */ journal,
  /** @type {import('./internal').LossesModule} */ { loss, cancelled, late },
) {
  /**
   * Calls sent and not over, in each lane. Several hide the time on the way; more would only wait in
   * the kernel.
   */
  const WINDOW = 8;
  /** How long calls wait for a kernel that is not connected, in ms. */
  const PATIENCE = 30_000;
  /** When to ask what became of the rest of an answer, once a part of it is in, in ms. */
  const SILENCE = 3000;
  /** How often to ask the kernel for a sign of life while calls are under way, in seconds. */
  const PULSE = 5;
  /** How often a repeatable call is sent again, and the pause before, in ms. */
  const ATTEMPTS = 20;
  const PAUSE = 50;
  const SECOND = 1000;
  /** The longest delay of a browser's timer, in ms. */
  const LONGEST = 2 ** 31 - 1;

  const NOTHING = {
    code: '',
    silent: true,
    storeHistory: false,
    stopOnError: false,
    allowStdin: false,
  };

  /** What waits to be sent, and what was sent and is not over; each lane by itself. */
  class Lane {
    /** @param {import('./pybridge').Lane} name */
    constructor(name) {
      this.name = name;
      /** @type {Call[]} */
      this.queue = [];
      /** @type {Set<Call>} */
      this.underWay = new Set();
    }
  }

  const main = new Lane('main');
  const side = new Lane('side');
  const lanes = [main, side];
  const underWay = () => lanes.flatMap((lane) => [...lane.underWay]);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let patience;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let pulse;
  let seconds = 0;
  let made = 0;

  /** @typedef {import('./internal').ExecuteListener} ExecuteListener */

  /** @implements {ExecuteListener} */
  class Call {
    /**
     * @param {import('./internal').CallPlan} plan
     * @param {import('./internal').CallOptions} options
     */
    constructor(plan, options) {
      this.plan = plan;
      this.number = ++made;
      this.what = options.what ?? '';
      this.repeatable = options.repeatable ?? false;
      this.subshell = options.subshell ?? null;
      this.lane = this.subshell === null ? main : side;
      this.onBusy = options.onBusy;
      this.toldBusy = false;
      this.asked = performance.now();
      this.attempts = 0;
      this.settled = false;
      /** @type {string | null} */
      this.msgId = null;
      /** @type {import('./internal').ExecuteReply | null} */
      this.answer = null;
      this.busy = false;
      this.idle = false;
      this.doubtful = false;
      /** @type {ReturnType<typeof setTimeout> | undefined} */
      this.silence = undefined;
      /** @type {(() => void)[]} what to undo once it is settled */
      this.cleanups = [];
      /** @type {Promise<unknown>} */
      this.promise = new Promise((resolve, reject) => {
        this.fulfil = resolve;
        this.refuse = reject;
      });
      this.limit(options.timeout, options.signal);
    }

    /** Tell how long the kernel has been busy with something else, and when it is not any more. */
    tellBusy() {
      if (!this.onBusy || (this.settled && !this.toldBusy)) return;
      const { toldBusy } = this;
      this.toldBusy = !this.busy && !this.settled;
      if (this.toldBusy) this.onBusy(performance.now() - this.asked);
      else if (toldBusy) this.onBusy(0);
    }

    /** @param {number | undefined} timeout @param {AbortSignal | undefined} signal */
    limit(timeout, signal) {
      if (timeout !== undefined && timeout <= LONGEST) {
        const timer = setTimeout(() => this.stop(late(timeout)), timeout);
        this.cleanups.push(() => clearTimeout(timer));
      }
      if (signal) {
        const cancel = () => this.stop(cancelled(signal.reason));
        if (signal.aborted) {
          cancel();
          return;
        }
        signal.addEventListener('abort', cancel);
        this.cleanups.push(() => signal.removeEventListener('abort', cancel));
      }
    }

    send() {
      this.attempts += 1;
      this.answer = null;
      this.busy = this.idle = this.doubtful = false;
      this.lane.underWay.add(this);
      pulse ??= setTimeout(feel, SECOND);
      journal.sent(this);
      try {
        const message = this.plan.message();
        const { subshell } = this;
        this.msgId = host.execute(subshell === null ? message : { ...message, subshell }, this);
      } catch (error) {
        this.leave();
        this.reject(error);
      }
    }

    /** @param {'busy' | 'idle' | string} state */
    status(state) {
      if (state === 'busy') {
        this.busy = true;
        if (this.toldBusy) this.tellBusy();
      }
      if (state === 'idle') this.idle = true;
      this.plan.status?.(state, this);
      this.progress();
    }

    /** @param {import('./internal').ExecuteReply} content */
    reply(content) {
      this.answer = content;
      this.progress();
    }

    /** @param {import('./internal').OutputMessage} message */
    output(message) {
      this.plan.output(message, this);
      if (this.silence !== undefined) this.progress();
    }

    /** @param {import('./internal').InputRequest} request */
    input(request) {
      this.plan.input?.(request);
    }

    /** Go on to the next state, or wait for the half of the answer that is missing. */
    progress() {
      clearTimeout(this.silence);
      this.silence = undefined;
      if (this.answer !== null && this.idle) this.over(this.answer);
      else if (this.answer !== null || this.idle) {
        this.silence = setTimeout(() => this.probe(), SILENCE);
      }
    }

    /**
     * A part of the answer is missing. It may be long on its way; but replies come in order, and so
     * does output: it is lost if that of something asked for later is there. Of the output, only
     * the word that it is over may be.
     */
    probe() {
      const { msgId } = this;
      const isOpen = () => this.msgId === msgId && this.isUnderWay;
      host.execute(NOTHING, {
        reply: () => {
          if (isOpen() && this.answer === null) this.lose(loss('lost-reply'));
        },
        status: (state) => {
          if (state !== 'idle' || !isOpen() || this.answer === null) return;
          host.forget(String(msgId));
          this.over(this.answer);
        },
        output() {},
        input() {},
      });
    }

    /** @param {import('./internal').ExecuteReply} reply */
    over(reply) {
      this.leave();
      if (this.settled) return;
      // Older kernels say 'abort'.
      if (reply.status === 'aborted' || reply.status === 'abort') this.retry();
      else {
        this.plan.over(reply, this);
        if (!this.settled) this.reject(loss('lost-reply'));
      }
    }

    retry() {
      if (this.repeatable && this.attempts < ATTEMPTS) {
        setTimeout(() => this.settled || enqueue(this), PAUSE);
        return;
      }
      this.reject(loss('aborted'));
    }

    /** Expect nothing more of what was sent. */
    recall() {
      if (this.msgId !== null) host.forget(this.msgId);
      this.end();
    }

    /** Give up on an answer that will not come. @param {Error} error */
    lose(error) {
      this.recall();
      this.reject(error);
      pump();
    }

    /** Settle early, and tell Python where it has begun. @param {Error} error */
    stop(error) {
      if (this.settled) return;
      if (!this.busy) journal.dropped(this);
      const { queue } = this.lane;
      const place = queue.indexOf(this);
      if (place >= 0) queue.splice(place, 1);
      else if (this.isUnderWay) this.plan.stop(this);
      this.reject(error);
    }

    get isUnderWay() {
      return this.lane.underWay.has(this);
    }

    leave() {
      this.end();
      pump();
    }

    end() {
      clearTimeout(this.silence);
      this.silence = undefined;
      this.lane.underWay.delete(this);
      if (lanes.some((lane) => lane.underWay.size > 0)) return;
      clearTimeout(pulse);
      pulse = undefined;
      seconds = 0;
    }

    /** @param {unknown} value */
    resolve(value) {
      this.settle(null);
      this.fulfil?.(value);
    }

    /** @param {unknown} error */
    reject(error) {
      this.settle(error);
      this.refuse?.(error);
    }

    /** @param {unknown} error null for none */
    settle(error) {
      if (!this.settled) journal.settled(this, error);
      this.settled = true;
      if (this.toldBusy) this.tellBusy();
      for (const cleanup of this.cleanups.splice(0)) cleanup();
    }
  }

  /** @param {Call} call @returns {import('./pybridge').CallState} */
  function describe(call) {
    const { number, what, lane, attempts, busy, settled, isUnderWay } = call;
    const state = settled ? 'settled' : !isUnderWay ? 'queued' : busy ? 'running' : 'sent';
    const age = performance.now() - call.asked;
    return { number, what, lane: lane.name, state, attempts, age };
  }

  /** @param {Call} call */
  function enqueue(call) {
    if (call.settled) return;
    call.lane.queue.push(call);
    pump();
  }

  /** Each second that calls are under way. */
  function feel() {
    pulse = setTimeout(feel, SECOND);
    seconds += 1;
    // A new process behind the connection shows in what it says; have it say something.
    if (seconds % PULSE === 0) host.probe();
    for (const { queue, underWay } of lanes) {
      for (const call of [...underWay, ...queue]) call.tellBusy();
    }
  }

  function pump() {
    if (host.state !== 'connected') {
      wait();
      return;
    }
    clearTimeout(patience);
    patience = undefined;
    for (const { queue, underWay } of lanes) {
      while (underWay.size < WINDOW && queue.length > 0) queue.shift()?.send();
    }
  }

  /** Let what is queued wait for a connection, though not for ever. */
  function wait() {
    if (host.state === 'dead') failQueued(loss('dead'));
    if (host.state === 'unreachable') failQueued(loss('disconnected'));
    if (lanes.every(({ queue }) => queue.length === 0) || patience !== undefined) return;
    patience = setTimeout(() => {
      patience = undefined;
      failQueued(loss(host.state === 'no-kernel' ? 'no-kernel' : 'disconnected'));
    }, PATIENCE);
  }

  /** @param {Error} error */
  function failQueued(error) {
    for (const { queue } of lanes) for (const call of queue.splice(0)) call.reject(error);
  }

  /** @param {import('./pybridge').BridgeErrorCode} code @param {(call: Call) => boolean} [which] */
  function lose(code, which = () => true) {
    const again = [];
    for (const call of underWay().filter(which)) {
      // What was sent over a broken connection may or may not have run: only the caller knows
      // whether it may run twice.
      if (code === 'disconnected' && call.repeatable && call.attempts < ATTEMPTS && !call.settled) {
        call.recall();
        again.push(call);
      } else call.lose(loss(code));
    }
    for (const call of again.reverse()) call.lane.queue.unshift(call);
  }

  host.listen((event) => {
    if (event.type === 'lost') lose(event.code);
    if (event.type === 'started') {
      // A new process: what the old one ran is gone. What was only sent lies in the queue of one
      // or the other; the new one has it if it answers it before it answers the page's own request.
      for (const call of underWay()) call.doubtful = true;
      // Now what waited is sent in its place, and there is no doubt about that.
      lose('restarted', (call) => call.busy);
    }
    if (event.type === 'answered') {
      lose('restarted', (call) => call.doubtful && call.answer === null && !call.busy);
    }
    pump();
  });

  /**
   * Ask for one execution.
   * @param {import('./internal').CallPlan} plan what to send and what to make of what comes back
   * @param {import('./internal').CallOptions} [options]
   * @returns {Promise<any>}
   */
  function ask(plan, options = {}) {
    const call = new Call(plan, options);
    enqueue(call);
    return call.promise;
  }

  return {
    ask,

    /** How many calls wait, and how many are under way. */
    get load() {
      const queued = lanes.reduce((sum, { queue }) => sum + queue.length, 0);
      return { queued, underWay: underWay().length };
    },

    /** All that is not over, in the order in which the kernel gets it. */
    list: () => lanes.flatMap(({ queue, underWay }) => [...underWay, ...queue]).map(describe),
  };
});
