/** What a page's author sees: `py`, from `await pybridge.connect()`. */
'use strict';

define([
  './errors',
  './codec',
  './host',
  './dispatch',
  './execute',
  './bars',
  './references',
  './proxy',
  './answers',
  './models',
  './comm',
  './lanes',
  './losses',
  './output',
  './version',
  './waiting',
], function (
  /** @type {import('./internal').ErrorsModule} */ errors,
  /** @type {import('./internal').CodecModule} */ codec,
  /** @type {import('./internal').HostModule} */ host,
  /** @type {import('./internal').DispatchModule} */ { request },
  /** @type {import('./internal').ExecuteModule} */ { execute },
  /** @type {import('./internal').BarsModule} */ { Bars, putInto },
  /** @type {import('./internal').ReferencesModule} */ references,
  /** @type {import('./internal').ProxyModule} */ { makeProxy, whole, wholes },
  /** @type {import('./internal').AnswersModule} */ { adoptWith },
  /** @type {import('./internal').ModelsModule} */ { pageModel, ready },
  /** @type {import('./internal').CommModule} */ { openComm },
  /** @type {import('./internal').LanesModule} */ lanes,
  /** @type {import('./internal').LossesModule} */ { loss, cancelled, late, isLate },
  /** @type {import('./internal').OutputModule} */ { tell },
  /** @type {import('./internal').VersionModule} */ { VERSION },
  /** @type {import('./internal').WaitingModule} */ { wait },
) {
  /** @typedef {import('./pybridge').CallOptions} CallOptions */
  /** @typedef {import('./pybridge').Bridge} Api */

  /** The longest delay of a browser's timer, in ms. */
  const LONGEST = 2 ** 31 - 1;
  /** Names of a handle that are the handle's own; `call` reaches methods that are called so. */
  const OWN = new Set(['call', 'handleName', 'toString']);
  /** Names that JavaScript itself looks up, and takes a function under them to mean something. */
  const RESERVED = new Set(['then', 'toJSON', 'constructor', 'prototype', 'valueOf', '__proto__']);

  /** The scope that destroys a proxy, as what it owns. @type {WeakMap<object, Set<object>>} */
  const scopes = new WeakMap();

  /** @implements {Api} */
  class Bridge {
    /**
     * @param {import('./internal').OutputArea | null} area where output goes that nobody asked for
     * @param {Element | null} [element] of the caller, where bars are shown
     * @param {Set<object> | null} [owned] collects the proxies that are made, for a scope
     */
    constructor(area, element = null, owned = null) {
      this.area = area;
      this.element = element;
      this.owned = owned;
      this.version = VERSION;
      this.PythonError = /** @type {any} */ (errors.PythonError);
      this.make = (/** @type {import('./internal').Held} */ entry) =>
        this.own(makeProxy(entry, this));
      this.globals = Object.freeze({
        get: (/** @type {string} */ name, /** @type {CallOptions} */ options = {}) =>
          this.ask('globals.get', { name }, { repeatable: true, ...options }),
        set: (/** @type {string} */ name, /** @type {unknown} */ value) =>
          this.ask('globals.set', { name, value: whole(value) }),
        has: (/** @type {string} */ name) =>
          this.ask('globals.has', { name }, { repeatable: true }),
        delete: (/** @type {string} */ name) => this.ask('globals.delete', { name }),
        keys: () => this.ask('globals.keys', {}, { repeatable: true }),
      });
    }

    /** @param {string} op @param {Record<string, unknown>} fields @param {CallOptions} [options] */
    ask(op, fields, options = {}) {
      const area = options.element ? host.outputAreaOf(options.element) : this.area;
      const { as } = options;
      const wishes = as === undefined ? fields : { ...fields, as, stream: as !== 'proxy' };
      const place = options.element ?? this.element;
      const put = (/** @type {HTMLElement} */ shown) =>
        (place !== null && putInto(place, shown)) || host.showBelow(area, shown);
      const bars = new Bars(put, () => call.cancel());
      const onBusy = (/** @type {number} */ waited) => {
        if (tell(options.onBusy, waited)) return;
        wait(place ?? area, put, bars, waited, () => call.cancel());
      };
      const call = request(op, wishes, { ...options, area, bars, onBusy, adopter: this });
      return call;
    }

    /** @template {object} Made @param {Made} proxy made for this bridge */
    own(proxy) {
      if (this.owned) {
        this.owned.add(proxy);
        scopes.set(proxy, this.owned);
      }
      return proxy;
    }

    /** What others were given too a scope does not destroy. @param {object} proxy */
    meet(proxy) {
      const scope = scopes.get(proxy);
      if (scope !== this.owned) scope?.delete(proxy);
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

    /** @param {string} code @param {import('./pybridge').RunOptions} [options] */
    runPython(code, { globals, ...options } = {}) {
      const names = globals === undefined || globals === this.globals ? null : whole(globals);
      return this.ask('run', { code, globals: names }, options);
    }

    /** @param {string} code @param {import('./pybridge').RunOptions} [options] */
    runPythonAsync(code, options) {
      return this.runPython(code, options);
    }

    /** @param {string} name */
    pyimport(name) {
      return this.ask('import', { name });
    }

    /** @param {unknown} value @param {{depth?: number}} [options] */
    toPy(value, { depth = -1 } = {}) {
      return this.ask('keep', { value: new codec.Deep(value, depth) }, { as: 'proxy' });
    }

    /** @param {unknown} value */
    isPyProxy(value) {
      return references.isProxy(value);
    }

    /** @param {string} name @param {object} module */
    registerJsModule(name, module) {
      // Also what could be copied: the module is the object itself.
      const value = Object(module) === module ? new codec.Ref(module) : module;
      return this.ask('module.register', { name, value });
    }

    /** @param {string} name */
    unregisterJsModule(name) {
      return this.ask('module.unregister', { name });
    }

    /**
     * @param {string | readonly string[]} names
     * @param {import('./pybridge').PackageOptions} [options]
     */
    async loadPackage(names, { messageCallback, errorCallback, ...options } = {}) {
      const onItem = (/** @type {{stream: string, text: string}} */ { stream, text }) => {
        const callback = stream === 'stderr' ? errorCallback : messageCallback;
        if (callback) callback(text);
        else console[stream === 'stderr' ? 'warn' : 'log'](text);
      };
      const list = typeof names === 'string' ? [names] : [...names];
      await this.ask('packages.load', { names: list }, { ...options, onItem });
    }

    /** @param {string} code @param {import('./pybridge').PackageOptions} [options] */
    async loadPackagesFromImports(code, options = {}) {
      const asked = performance.now();
      const names = await this.ask('packages.missing', { code }, options);
      const timeout = options.timeout && Math.max(options.timeout - (performance.now() - asked), 0);
      try {
        if (names.length > 0) await this.loadPackage(names, { ...options, timeout });
      } catch (error) {
        // It had what was left of the time.
        throw isLate(error) ? late(Number(options.timeout)) : error;
      }
      return names;
    }

    /**
     * @template Result
     * @param {(scope: import('./pybridge').Bridge) => Promise<Result> | Result} work
     * @returns {Promise<Result>}
     */
    async scope(work) {
      const owned = new Set();
      const inner = new Bridge(this.area, this.element, owned);
      try {
        const result = await work(/** @type {any} */ (inner));
        for (const proxy of proxiesIn(result)) {
          if (owned.delete(proxy)) this.own(proxy);
        }
        return result;
      } finally {
        for (const proxy of owned) references.destroy(proxy);
      }
    }

    /** @param {string} name @param {CallOptions} [options] */
    model(name, options = {}) {
      const open = async () => {
        const { id } = await this.ask('model', { name }, { repeatable: true, ...options });
        return ready(pageModel(id));
      };
      return within(open(), options);
    }

    /** @param {string} target @param {import('./pybridge').CommOptions} [options] */
    comm(target, options = {}) {
      return openComm(target, options, this.area);
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
        this.ask(
          'call',
          { name, method, args: [...args].map(whole), kwargs: wholes(kwargs) },
          options,
        );
      const own = { call, handleName: name, toString: () => `[pybridge handle ${name}]` };
      const itself = (/** @type {unknown[]} */ ...args) => call(null, args);
      return /** @type {import('./pybridge').PythonHandle} */ (
        new Proxy(/** @type {any} */ (itself), {
          set(_, key) {
            throw new TypeError(`a handle has methods to call: ${String(key)} cannot be set`);
          },
          get(_, key) {
            if (OWN.has(/** @type {string} */ (key))) return own[/** @type {'call'} */ (key)];
            if (typeof key === 'symbol' || RESERVED.has(key)) return undefined;
            return (/** @type {unknown[]} */ ...args) => call(key, args);
          },
        })
      );
    }
  }

  // What Python passes to this page's functions belongs to nobody's scope.
  const everyone = new Bridge(null);
  adoptWith(everyone);

  /** The proxies that a value is or holds, as far as one can see. @param {any} value @returns {object[]} */
  function proxiesIn(value) {
    /** @type {Set<any>} */
    const seen = new Set();
    const see = (/** @type {any} */ item) => void (Object(item) === item && seen.add(item));
    see(value);
    // It grows while it is gone through.
    for (const item of seen) {
      if (references.isProxy(item)) continue;
      // What is returned may be of any class.
      if (item === value || codec.isContainer(item)) codec.contents(item).forEach(see);
    }
    return [...seen].filter(references.isProxy);
  }

  /**
   * Wait for something no longer than a call would that has these options.
   * @template Result
   * @param {Promise<Result>} promise
   * @param {CallOptions} options
   */
  async function within(promise, { timeout, signal }) {
    /** @type {(() => void)[]} */
    const cleanups = [];
    /** @type {Promise<never>} */
    const limit = new Promise((_, reject) => {
      if (timeout !== undefined && timeout <= LONGEST) {
        const timer = setTimeout(() => reject(late(timeout)), timeout);
        cleanups.push(() => clearTimeout(timer));
      }
      const cancel = () => reject(cancelled(signal?.reason));
      signal?.addEventListener('abort', cancel);
      cleanups.push(
        () => signal?.removeEventListener('abort', cancel),
        host.listen(() => {
          if (host.state === 'unreachable') reject(loss('disconnected'));
        }),
      );
    });
    try {
      return await Promise.race([promise, limit]);
    } finally {
      for (const cleanup of cleanups) cleanup();
    }
  }

  /**
   * Wait for the kernel and give the bridge to it.
   * @param {import('./pybridge').ConnectOptions} [options]
   * @returns {Promise<import('./pybridge').Bridge>}
   */
  function connect({ element, timeout = 60_000, signal } = {}) {
    // Asked now: after the first await nobody knows whose event or script this was.
    const bridge = new Bridge(host.outputAreaOf(element), element);
    return new Promise((resolve, reject) => {
      const expire = () => {
        const none = host.state === 'no-kernel';
        done(() =>
          reject(new errors.BridgeError(none ? 'no-kernel' : 'disconnected', WAITED[host.state])),
        );
      };
      const timer = timeout <= LONGEST ? setTimeout(expire, timeout) : undefined;
      const look = () => {
        if (host.state === 'connected') done(() => void lanes.learn().then(() => resolve(bridge)));
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
