/** What a page's author sees: `py`, from `await pybridge.connect()`. */
'use strict';

define(['./errors', './codec', './host', './dispatch', './execute'], function (
  /** @type {import('./internal').ErrorsModule} */ errors,
  /** @type {import('./internal').CodecModule} */ codec,
  /** @type {import('./internal').HostModule} */ host,
  /** @type {import('./internal').DispatchModule} */ { request },
  /** @type {import('./internal').ExecuteModule} */ { execute },
) {
  /** @typedef {import('./pybridge').CallOptions} CallOptions */
  /** @typedef {import('./pybridge').Bridge} Api */

  /** The longest delay of a browser's timer, in ms. */
  const LONGEST = 2 ** 31 - 1;
  /** Names of a handle that are the handle's own; `call` reaches methods that are called so. */
  const OWN = new Set(['call', 'handleName', 'toString']);
  /** Names that JavaScript itself looks up, and takes a function under them to mean something. */
  const RESERVED = new Set(['then', 'toJSON', 'constructor', 'prototype', 'valueOf', '__proto__']);

  /** @implements {Api} */
  class Bridge {
    /** @param {import('./internal').OutputArea | null} area where output goes that nobody asked for */
    constructor(area) {
      this.area = area;
      this.globals = Object.freeze({
        get: (/** @type {string} */ name) =>
          this.ask('globals.get', { name }, { repeatable: true }),
        set: (/** @type {string} */ name, /** @type {unknown} */ value) =>
          this.ask('globals.set', { name, value }),
        has: (/** @type {string} */ name) =>
          this.ask('globals.has', { name }, { repeatable: true }),
        delete: (/** @type {string} */ name) => this.ask('globals.delete', { name }),
        keys: () => this.ask('globals.keys', {}, { repeatable: true }),
      });
    }

    /** @param {string} op @param {Record<string, unknown>} fields @param {CallOptions} [options] */
    ask(op, fields, options = {}) {
      const area = options.element ? host.outputAreaOf(options.element) : this.area;
      return request(op, fields, { ...options, area });
    }

    /**
     * @param {string} code
     * @param {import('./pybridge').ExecuteCallbacks} [callbacks]
     * @param {import('./pybridge').ExecuteOptions} [options]
     */
    execute(code, callbacks = {}, options = {}) {
      const area = options.element ? host.outputAreaOf(options.element) : this.area;
      return execute(code, callbacks, options, area);
    }

    /** @param {string} code @param {CallOptions} [options] */
    runPython(code, options) {
      return this.ask('run', { code }, options);
    }

    /** @param {string} name */
    handle(name) {
      /**
       * @param {string | null} method
       * @param {unknown[]} [args]
       * @param {Record<string, unknown>} [kwargs]
       * @param {CallOptions} [options]
       */
      const call = (method, args = [], kwargs = {}, options = {}) =>
        this.ask('call', { name, method, args: [...args], kwargs }, options);
      const own = { call, handleName: name, toString: () => `[pybridge handle ${name}]` };
      const itself = (/** @type {unknown[]} */ ...args) => call(null, args);
      return /** @type {import('./pybridge').PythonHandle} */ (
        new Proxy(/** @type {any} */ (itself), {
          get(_, key) {
            if (OWN.has(/** @type {string} */ (key))) return own[/** @type {'call'} */ (key)];
            if (typeof key === 'symbol' || RESERVED.has(key)) return undefined;
            return (/** @type {unknown[]} */ ...args) => call(key, args);
          },
        })
      );
    }
  }

  /**
   * Wait for the kernel and give the bridge to it.
   * @param {import('./pybridge').ConnectOptions} [options]
   * @returns {Promise<import('./pybridge').Bridge>}
   */
  function connect({ element, timeout = 60_000, signal } = {}) {
    // Asked now: after the first await nobody knows whose event or script this was.
    const bridge = new Bridge(host.outputAreaOf(element));
    return new Promise((resolve, reject) => {
      const expire = () => {
        const none = host.state === 'no-kernel';
        done(() =>
          reject(new errors.BridgeError(none ? 'no-kernel' : 'disconnected', WAITED[host.state])),
        );
      };
      const timer = timeout <= LONGEST ? setTimeout(expire, timeout) : undefined;
      const look = () => {
        if (host.state === 'connected') done(() => resolve(bridge));
        if (host.state === 'dead') done(() => reject(new errors.BridgeError('dead', WAITED.dead)));
      };
      const cancel = () =>
        done(() =>
          reject(
            new errors.BridgeError('cancelled', 'connecting was cancelled', {
              cause: signal?.reason,
            }),
          ),
        );
      const done = (/** @type {() => void} */ settle) => {
        clearTimeout(timer);
        stop();
        signal?.removeEventListener('abort', cancel);
        settle();
      };
      const stop = host.listen(look);
      signal?.addEventListener('abort', cancel);
      if (signal?.aborted) cancel();
      look();
    });
  }

  /** @type {Record<string, string>} */
  const WAITED = {
    'no-kernel': 'this notebook has no kernel: choose one in the Kernel menu',
    connecting: 'the kernel did not connect in time; see the Kernel menu',
    connected: '',
    unreachable: 'the connection to the kernel is lost; see Kernel → Reconnect',
    dead: 'the kernel is dead; restart it and run the cells again',
  };

  return {
    connect,
    NdArray: codec.NdArray,
    BridgeError: errors.BridgeError,
    PythonError: errors.PythonError,
  };
});
