/**
 * One model's copy in this page; twin of pybridge/state/sync.py. What is said between them, and why
 * all copies end up equal, is described in docs/protocol.md.
 */
'use strict';

define(['./errors', './losses', './output'], function (
  /** @type {import('./internal').ErrorsModule} */ errors,
  /** @type {import('./internal').LossesModule} */ { loss },
  /** @type {import('./internal').OutputModule} */ { tell },
) {
  const { BridgeError } = errors;

  /** @typedef {import('./internal').Patch} Patch */

  /** Losses after which nothing is known of what was under way. */
  const FINAL = new Set(['restarted', 'dead', 'no-kernel']);

  /**
   * The state as the kernel has confirmed it, and over it what this page has changed since. The
   * kernel takes patches one after the other, so what it says of a trait that has changes under way
   * is older than those: it is noted, and not shown.
   */
  class Replica {
    /**
     * @param {string} id
     * @param {import('./internal').Wire} wire
     */
    constructor(id, wire) {
      this.id = id;
      this.wire = wire;
      /** @type {import('./pybridge').ModelStatus} */
      this.status = 'opening';
      /** Whether it has ever had the kernel's state. */
      this.opened = false;
      /** The last patch of the kernel's that is shown. */
      this.revision = 0;
      /** @type {Map<string, {value: unknown, revision: number}>} */
      this.confirmed = new Map();
      /** Patches of this page's that are not answered. @type {Patch[]} */
      this.sent = [];
      this.number = 0;
      /** Changes that are not sent. @type {Patch} */
      this.next = newPatch();
      /** What is shown, and what was before. @type {Map<string, unknown>} */
      this.shown = new Map();
      /** @type {Map<string, unknown>} */
      this.before = new Map();
      /** Who hears of changes, messages and the status, by event. @type {Map<string, Set<(...args: any[]) => void>>} */
      this.listeners = new Map();
      this.flushing = false;
      /** The patches that messages wait for. @type {Promise<unknown> | null} */
      this.ahead = null;
      /** The question for the whole state that is under way. @type {object | null} */
      this.asking = null;
      /** @type {Error | null} why there is nobody any more to be in step with */
      this.why = null;
    }

    /** @param {string} event @param {(...args: any[]) => void} listener */
    listen(event, listener) {
      const others = this.listeners.get(event) ?? new Set();
      this.listeners.set(event, others.add(listener));
      return () => void others.delete(listener);
    }

    /** @param {string} event @param {unknown[]} args */
    emit(event, ...args) {
      const listeners = [...(this.listeners.get(event) ?? [])];
      for (const listener of listeners) tell(listener, ...args);
      return listeners.length > 0;
    }

    /** @param {import('./pybridge').ModelStatus} status */
    become(status) {
      if (this.status === status || FINISHED.has(this.status)) return;
      this.status = status;
      this.emit('status', status);
    }

    /** Show a state that was kept, until there is a newer one. @param {Record<string, unknown>} values @param {number} revision */
    preset(values, revision) {
      if (this.confirmed.size > 0) return;
      for (const [name, value] of Object.entries(values)) this.confirm(name, value, revision);
      this.refresh(Object.keys(values));
    }

    // What the page does.

    /** @param {string} name @param {unknown} value */
    set(name, value) {
      if (!this.confirmed.has(name)) {
        const known = [...this.confirmed.keys()].join(', ');
        throw new BridgeError('bad-argument', `the model has no ${name}; it has ${known}`);
      }
      this.next.values.set(name, value);
      this.refresh([name]);
    }

    /** Send what was set, at the next frame; settles when the kernel has answered. @returns {Promise<void>} */
    save() {
      if (this.next.values.size === 0) return this.sent.at(-1)?.done ?? Promise.resolve();
      const { done } = this.next;
      this.next.wanted = true;
      if (FINISHED.has(this.status)) this.fail(this.ending);
      else if (!this.flushing) {
        this.flushing = true;
        this.wire.soon(() => {
          this.flushing = false;
          if (this.sent.length === 0) this.flush();
        });
      }
      return done;
    }

    /** Send what is to be sent, though the last patch may not be answered. */
    flush() {
      // The state that is under way may be older than the patch, and would take it for lost.
      if (!this.next.wanted || this.status !== 'live' || this.asking) return;
      const patch = this.next;
      this.next = newPatch();
      patch.number = ++this.number;
      this.sent.push(patch);
      const values = Object.fromEntries(patch.values);
      this.wire.say('patch', { number: patch.number, values }).then(
        // The answer comes before the end of the message, unless it was lost.
        () => void (this.sent.includes(patch) && this.ask()),
        (error) => this.stall(patch, error),
      );
    }

    /** @param {Patch} patch @param {any} error why it was not sent, or not answered */
    stall(patch, error) {
      if (FINAL.has(error.code)) return;
      if (error.code === 'disconnected') {
        patch.lost = true;
        this.become('waiting');
      } else {
        // Such as a value that cannot be sent: another try would not help.
        this.settle(patch, error);
        this.flush();
      }
    }

    /** @param {unknown} content @param {readonly (ArrayBuffer | ArrayBufferView)[]} buffers @returns {Promise<void>} */
    async send(content, buffers) {
      if (FINISHED.has(this.status)) throw this.ending;
      const parts = buffers.map((part) => (part instanceof ArrayBuffer ? part : bytesOf(part)));
      const say = this.wire.prepare('message', { content, buffers: parts });
      // Behind all that was set before, and the messages that wait for that.
      this.flush();
      if (this.next.wanted) {
        const patch = this.next.done.catch(() => {});
        this.ahead = Promise.all([this.ahead, patch]);
      }
      if (this.ahead) await this.ahead;
      if (FINISHED.has(this.status)) throw this.ending;
      await say();
    }

    /** Whether something was changed and sent, or is to be, and not answered. */
    get isBusy() {
      return this.sent.length > 0 || this.next.wanted;
    }

    /** Wait until all that was changed, and is to be sent, is answered. */
    async settled() {
      this.flush();
      while (this.isBusy) {
        const patches = this.next.wanted ? [...this.sent, this.next] : this.sent;
        await Promise.allSettled(patches.map(({ done }) => done));
      }
    }

    /** Ask for the whole state: when it is opened, and whenever something may have been missed. */
    async ask() {
      if (this.asking || FINISHED.has(this.status)) return;
      const question = {};
      this.asking = question;
      const isOpen = () => this.asking === question;
      try {
        await this.wire.say('request_state', {});
        // It was answered by nobody. One that was there has not gone without a word: what it says
        // is lost, as what went before.
        if (isOpen() && this.status === 'live') this.miss(loss('lost-reply'));
        else if (isOpen()) this.lose('gone');
      } catch (caught) {
        const error = /** @type {any} */ (caught);
        if (error.code === 'disconnected') this.become('waiting');
        else if (!FINAL.has(error.code)) this.miss(error);
      } finally {
        if (isOpen()) this.asking = null;
        this.flush();
      }
    }

    // What the kernel says.

    /** @param {any} said */
    hear(said) {
      const isMine = said.to === undefined || said.to === this.wire.session();
      if (said.kind === 'patch') this.hearPatch(said);
      else if (said.kind === 'message') this.emit('message', said.content, said.buffers);
      else if (said.kind === 'state' && isMine) this.hearState(said);
      else if (said.kind === 'failed' && isMine) {
        this.asking = null;
        this.miss(errors.fromDescription(said.error));
      }
    }

    /** The state does not come: what has become of the patches is unknown. @param {any} error */
    miss(error) {
      if (FINISHED.has(this.status)) return;
      const isStranger = error.code === 'version-mismatch';
      if (!this.opened || isStranger) this.lose('gone', error);
      else {
        for (const patch of this.sent.splice(0)) {
          patch.reject(error);
          this.refresh(patch.values.keys());
        }
        // With what it had. A gap in the revisions makes it ask again.
        this.become('live');
      }
      this.emit('error', error, null);
    }

    /** @param {import('./internal').StateSaid} said */
    hearState({ revision, taken, values, errors: refused = {} }) {
      this.asking = null;
      for (const [name, value] of Object.entries(values)) this.confirm(name, value, revision);
      this.revision = Math.max(this.revision, revision);
      // The kernel may remember an earlier copy in this page.
      this.number = Math.max(this.number, taken);
      const last = this.sent.find(({ number }) => number === taken);
      const failures = last ? failuresOf(refused) : [];
      // The newest first: of a trait it is the last value that counts.
      for (const patch of this.sent.splice(0).reverse()) {
        if (patch === last && failures[0]) patch.reject(failures[0][1]);
        else if (patch.number <= taken) patch.resolve();
        else if (patch.lost) this.postpone(patch);
        // It was handled, and not as a patch.
        else patch.reject(new BridgeError('lost-reply', 'Python has not taken this change'));
      }
      this.opened = true;
      this.become('live');
      this.refresh(this.confirmed.keys());
      for (const [name, error] of failures) this.emit('error', error, name);
      this.flush();
    }

    /** Send a patch that never arrived again, with what was set since. @param {Patch} patch */
    postpone(patch) {
      for (const [name, value] of patch.values) {
        if (!this.next.values.has(name)) this.next.values.set(name, value);
      }
      this.next.wanted = true;
      this.next.done.then(patch.resolve, patch.reject);
    }

    /** @param {import('./internal').PatchSaid} said */
    hearPatch({ revision, values, sender, number, errors: refused }) {
      // One is missing, so the whole state is needed.
      if (this.status === 'live' && revision > this.revision + 1) void this.ask();
      this.revision = Math.max(this.revision, revision);
      const isMine = sender === this.wire.session();
      const mine = isMine ? this.sent.find((p) => p.number === number) : undefined;
      const failures = isMine ? failuresOf(refused) : [];
      for (const [name, error] of failures) {
        mine?.values.delete(name);
        if (mine) mine.error ??= error;
      }
      const all = { ...Object.fromEntries(mine?.values ?? []), ...values };
      for (const [name, value] of Object.entries(all)) this.confirm(name, value, revision);
      if (mine) this.settle(mine);
      this.refresh([...Object.keys(all), ...failures.map(([name]) => name)]);
      for (const [name, error] of failures) this.emit('error', error, name);
      if (mine && this.sent.length === 0) this.flush();
      this.wire.shown(this.revision);
    }

    /** @param {string} name @param {unknown} value @param {number} revision */
    confirm(name, value, revision) {
      const known = this.confirmed.get(name);
      if (known && known.revision > revision) return;
      this.confirmed.set(name, { value, revision });
    }

    /** A patch has its answer. @param {Patch} patch @param {unknown} [error] */
    settle(patch, error = patch.error) {
      const place = this.sent.indexOf(patch);
      if (place >= 0) this.sent.splice(place, 1);
      this.refresh(patch.values.keys());
      if (error === undefined) patch.resolve();
      else {
        patch.reject(error);
        if (error !== patch.error) this.emit('error', error, null);
      }
    }

    /** Show what is to be shown of some traits now. @param {Iterable<string>} names */
    refresh(names) {
      /** @type {Map<string, unknown>} */
      const changes = new Map();
      for (const name of names) {
        const value = this.current(name);
        const old = this.shown.get(name);
        if (this.shown.has(name) && Object.is(value, old)) continue;
        this.before.set(name, old);
        this.shown.set(name, value);
        changes.set(name, value);
      }
      for (const [name, value] of changes) {
        this.emit(`change:${name}`, value, this.before.get(name));
      }
      if (changes.size > 0) this.emit('change', Object.fromEntries(changes));
    }

    /** @param {string} name */
    current(name) {
      const patch = [this.next, ...this.sent.toReversed()].find(({ values }) => values.has(name));
      return patch ? patch.values.get(name) : this.confirmed.get(name)?.value;
    }

    // What becomes of the connection.

    /** What to say to who needs a model that is gone. @returns {Error} */
    get ending() {
      return this.why ?? finished(this.status);
    }

    /** There is nobody any more to be in step with. @param {'gone' | 'closed'} status @param {Error} [why] */
    lose(status, why = finished(status)) {
      if (FINISHED.has(this.status)) return;
      this.why = why;
      this.fail(why);
      this.become(status);
    }

    /** @param {Error} error */
    fail(error) {
      for (const patch of [...this.sent.splice(0), this.next]) patch.reject(error);
      this.next = newPatch();
      this.refresh(this.confirmed.keys());
    }
  }

  const FINISHED = new Set(['gone', 'closed']);

  /** @param {string} status */
  const finished = (status) =>
    status === 'closed'
      ? new BridgeError('destroyed', 'the model was closed')
      : new BridgeError('restarted', 'the model is gone with its kernel: run its cell again');

  /** @param {Record<string, any>} refused descriptions of errors, by trait */
  const failuresOf = (refused) =>
    Object.entries(refused).map(
      ([name, description]) => /** @type {const} */ ([name, errors.fromDescription(description)]),
    );

  /** @returns {Patch} */
  function newPatch() {
    /** @type {any} */
    const patch = { number: 0, values: new Map(), wanted: false, lost: false, error: undefined };
    patch.done = new Promise((resolve, reject) => Object.assign(patch, { resolve, reject }));
    // Who does not wait for it hears of an error by the event.
    patch.done.catch(() => {});
    return patch;
  }

  /** @param {ArrayBufferView} view */
  const bytesOf = ({ buffer, byteOffset, byteLength }) =>
    new Uint8Array(buffer, byteOffset, byteLength);

  return { Replica };
});
