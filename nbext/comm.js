/** Comms: Jupyter's messages beside the calls; twin of pybridge/comms.py. */
'use strict';

define([
  './errors',
  './host',
  './call',
  './journal',
  './losses',
  './output',
  './references',
  './stamp',
], function (
  /** @type {import('./internal').ErrorsModule} */ errors,
  /** @type {import('./internal').HostModule} */ host,
  /** @type {import('./internal').CallModule} */ calls,
  /** @type {import('./internal').JournalModule} */ journal,
  /** @type {import('./internal').LossesModule} */ { loss, isEnd },
  /** @type {import('./internal').OutputModule} */ { tell, showElsewhere },
  /** @type {import('./internal').ReferencesModule} */ references,
  /** @type {import('./internal').StampModule} */ { STAMP },
) {
  const { BridgeError } = errors;

  /** Above 10 MiB the server closes the connection. */
  const LARGEST = 9 * 2 ** 20;

  /** How often what the kernel held has ended, as far as this page knows. */
  let ends = 0;
  host.listen((event) => {
    if (isEnd(event)) ends += 1;
  });

  /**
   * Send a message of a comm; settles when the kernel is done with it, with whether it was
   * pybridge that took it.
   * @param {import('./internal').CommContent} comm
   * @param {import('./internal').CommOptions} [options]
   * @returns {Promise<boolean>}
   */
  function send(comm, { buffers = [], area = () => null, stop = () => {}, ...options } = {}) {
    const size = buffers.reduce(
      (sum, { byteLength }) => sum + byteLength,
      new TextEncoder().encode(JSON.stringify(comm)).length,
    );
    if (size > LARGEST) {
      const message = `${size} bytes are over the limit of ${LARGEST} for one message; a call has none`;
      return Promise.reject(new BridgeError('too-large', message));
    }
    const before = ends;
    return calls.ask(
      {
        message: () => ({ comm, buffers, metadata: { pybridge: STAMP } }),
        output: (message) => showElsewhere(message, area()),
        over({ error, marked }, call) {
          if (error !== undefined) call.reject(errors.fromDescription(JSON.parse(error)));
          // The new process takes what was meant for the old one's end, and drops it.
          else if (comm.type === 'comm_msg' && ends > before) call.reject(loss('restarted'));
          else call.resolve(marked === true);
        },
        stop,
      },
      { ...options, what: comm.type },
    );
  }

  let count = 0;
  let open = 0;
  references.alsoNeeds(() => open > 0);

  /**
   * Open a comm to a target of Python's.
   * @param {string} target
   * @param {import('./pybridge').CommOptions} options
   * @param {import('./internal').OutputArea | null} area where Python's output goes
   * @returns {Promise<import('./pybridge').Comm>}
   */
  async function openComm(target, { data = {}, buffers = [], ...options }, area) {
    const id = `${host.session()}-${count++}`;
    const listeners = { message: new Set(), close: new Set() };
    /** Messages before anybody listens; null once somebody has. @type {[any, readonly DataView[]][] | null} */
    let early = [];
    /** @type {unknown} why it was closed */
    let reason;
    let closed = false;
    const end = (/** @type {any} */ said, /** @type {unknown} */ error) => {
      if (closed) return;
      closed = true;
      open -= 1;
      journal.note(`comm ${id} to ${target}: closed`);
      reason = error ?? new BridgeError('destroyed', 'the comm was closed');
      stop();
      unlisten();
      for (const listener of listeners.close) tell(listener, said);
    };
    const stop = host.hearComm(id, {
      message(said, { done }, parts) {
        if (done !== undefined) return;
        if (early) early.push([said, parts]);
        else for (const listener of listeners.message) tell(listener, said, parts);
      },
      close(said, { error }) {
        end(said, error && errors.fromDescription(JSON.parse(error)));
      },
    });
    const unlisten = host.listen((event) => {
      if (!isEnd(event)) return;
      end(null, new BridgeError('restarted', 'the comm is gone with its kernel: open it again'));
    });
    const say = async (
      /** @type {any} */ content,
      /** @type {any} */ parts,
      /** @type {import('./internal').CommOptions} */ more = {},
    ) =>
      send(
        { comm_id: id, ...content, data: copyOf(content.data) },
        { buffers: parts.map(copy), area: () => area, ...options, ...more },
      );
    /** Whether the other end is one of pybridge's, which says of each message that it has it. */
    let answers = false;
    open += 1;
    journal.note(`comm ${id} to ${target}: opened`);
    references.beat();
    /** Tell Python of the end. If the connection is away for long, it hears of it with that of the page. @param {any} [said] */
    const close = (said = {}) =>
      say({ type: 'comm_close', data: said }, [], { timeout: undefined });
    // Python may open it yet, or have opened it.
    const giveUp = () => void close().catch(() => {});
    try {
      const content = { type: 'comm_open', target_name: target, data };
      answers = await say(content, buffers, { stop: giveUp });
    } catch (caught) {
      const error = /** @type {any} */ (caught);
      end(null, error);
      if (error.code === 'disconnected') giveUp();
      throw error;
    }
    if (closed) throw isOwn(reason) ? noTarget(target) : reason;
    return Object.freeze({
      id,
      get closed() {
        return closed;
      },
      /** @param {any} [said] @param {readonly (ArrayBuffer | ArrayBufferView)[]} [parts] */
      async send(said = {}, parts = []) {
        if (closed) throw reason;
        const isHeard = await say({ type: 'comm_msg', data: said }, parts);
        if (answers && !isHeard) throw new BridgeError('lost-reply', UNHEARD);
      },
      /** @param {(data: any, buffers: readonly DataView[]) => void} listener */
      onMessage(listener) {
        listeners.message.add(listener);
        const missed = early ?? [];
        early = null;
        for (const [said, parts] of missed) tell(listener, said, parts);
        return () => void listeners.message.delete(listener);
      },
      /** @param {(data: any) => void} listener */
      onClose(listener) {
        listeners.close.add(listener);
        return () => void listeners.close.delete(listener);
      },
      async close(said = {}) {
        if (closed) return;
        end(said, undefined);
        await close(said);
      },
    });
  }

  /** @param {unknown} error */
  const isOwn = (error) => error instanceof BridgeError && error.code === 'destroyed';

  /** @param {string} target */
  const noTarget = (target) =>
    new BridgeError(
      'no-handle',
      `no comm target ${JSON.stringify(target)} in this kernel, or it has closed the comm at once; ` +
        'run the cell that calls pybridge.comm_target',
    );

  const UNHEARD =
    'the kernel is done with this message, and nothing says that the comm has it: the page may ' +
    'have been thought to be gone. Open the comm again';

  /** What is sent is what it was when it was given, though it may wait for its turn. @param {unknown} data */
  function copyOf(data) {
    const text = JSON.stringify(data);
    if (text === undefined) throw new BridgeError('bad-argument', 'a comm takes JSON');
    return JSON.parse(text);
  }

  /** The same of a buffer. @param {ArrayBuffer | ArrayBufferView} part @returns {ArrayBuffer} */
  function copy(part) {
    if (part instanceof ArrayBuffer) return part.slice(0);
    return new Uint8Array(part.buffer, part.byteOffset, part.byteLength).slice().buffer;
  }

  return {
    send,
    openComm,
    /** How many of this page's own are open. */
    get count() {
      return open;
    },
  };
});
