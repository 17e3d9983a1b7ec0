/**
 * `PyProxy`: a Python object that stays in the kernel, with the names of Pyodide's, each of them a
 * promise; and any other name as a way to an attribute: `await p.x`, `await p.add(1, 2)`.
 */
'use strict';

define(['./codec', './references', './buffers'], function (
  /** @type {import('./internal').CodecModule} */ { Whole, foreign },
  /** @type {import('./internal').ReferencesModule} */ references,
  /** @type {import('./internal').BuffersModule} */ { readBuffer },
) {
  /** @typedef {import('./internal').Held} Held */
  /** @typedef {import('./internal').ProxyOwner} ProxyOwner */

  /** What JavaScript and its tools look up on any object, and take for something of theirs. */
  const RESERVED = new Set([
    'then',
    'catch',
    'finally',
    'toJSON',
    'constructor',
    'prototype',
    'valueOf',
    '__proto__',
  ]);

  /** @param {unknown} value */
  const whole = (value) => new Whole(value);

  /** @param {unknown} value */
  const isObject = (value) => Object.prototype.toString.call(value) === '[object Object]';

  /** Arguments by name; anything else is left to Python, which says that it is none. @param {Record<string, unknown>} values */
  const wholes = (values) =>
    isObject(values)
      ? Object.fromEntries(Object.entries(values).map(([name, value]) => [name, whole(value)]))
      : values;

  /**
   * A target that JavaScript can call. It is bound, as such a function has no prototype, which a
   * proxy could not leave out.
   */
  const callable = () => function PyProxy() {}.bind(null);

  /** What takes a promise, and JavaScript has no place for one. @type {ProxyHandler<any>} */
  const REFUSED = {
    set(_, key) {
      const name = JSON.stringify(String(key));
      throw new TypeError(
        `setting an attribute takes a promise: await proxy.__setattr__(${name}, value)`,
      );
    },
    deleteProperty(_, key) {
      const name = JSON.stringify(String(key));
      throw new TypeError(
        `deleting an attribute takes a promise: await proxy.__delattr__(${name})`,
      );
    },
    construct() {
      throw new TypeError('making an object takes a promise: await Class(...), without new');
    },
  };

  /**
   * Make a proxy of what is held.
   * @param {Held} entry
   * @param {ProxyOwner} owner asks the kernel, and owns what comes of it
   * @returns {any}
   */
  function makeProxy(entry, owner) {
    const target = entry.can.includes('c') ? callable() : new PyObject();
    const own = new PyProxyMethods(entry, owner, () => proxy);
    const proxy = new Proxy(target, {
      ...REFUSED,
      get(_, key) {
        if (Object.hasOwn(own.names, key)) return own.names[/** @type {string} */ (key)];
        if (key === 'length' && entry.can.includes('l')) return own.ask('length');
        if (typeof key === 'symbol' || RESERVED.has(key)) return undefined;
        return path(own, [key]);
      },
      has: (_, key) => Object.hasOwn(own.names, key),
      ownKeys: () => Reflect.ownKeys(target),
      apply: (_, __, args) => own.call([], args),
    });
    foreign.add(proxy);
    return proxy;
  }

  /** So that nothing takes a proxy for a plain object. */
  class PyObject {}

  /** What is a proxy's own, by what its object can do. */
  class PyProxyMethods {
    /** @param {Held} entry @param {ProxyOwner} owner @param {() => object} itself */
    constructor(entry, owner, itself) {
      this.entry = entry;
      this.owner = owner;
      this.itself = itself;
      /** @type {Promise<any> | undefined} */
      this.awaited = undefined;
      /** @type {Record<PropertyKey, unknown>} */
      this.names = {
        type: entry.type,
        toString: () => this.ask('text'),
        toJs: ({ depth = -1 } = {}) => this.ask('copy', { depth }),
        destroy: () => references.destroy(itself()),
        copy: () => this.copy(),
        [Symbol.toStringTag]: 'PyProxy',
        [Symbol.toPrimitive]: () => `[PyProxy of ${entry.type}]`,
      };
      for (const [name, letter] of Object.entries(CHECKS)) {
        this.names[name] = () => entry.can.includes(letter);
      }
      for (const [letter, names] of Object.entries(NAMES)) {
        if (entry.can.includes(letter)) Object.assign(this.names, names(this));
      }
    }

    /** @param {string} op @param {Record<string, unknown>} [fields] @param {import('./pybridge').CallOptions} [options] */
    ask(op, fields = {}, options = {}) {
      // The proxy itself, not its id: it must not end while the call is under way.
      return this.owner.ask(
        `proxy.${op}`,
        { on: whole(this.itself()), stream: false, ...fields },
        options,
      );
    }

    /** @param {string[]} names @param {unknown[]} args @param {Record<string, unknown>} [kwargs] */
    call(names, args, kwargs = {}) {
      return this.ask('call', { path: names, args: args.map(whole), kwargs: wholes(kwargs) });
    }

    /** The last argument holds those that go by name. @param {string[]} names @param {unknown[]} args */
    callKwargs(names, args) {
      const kwargs = args.at(-1);
      if (!isObject(kwargs)) {
        throw new TypeError('the last argument of callKwargs is an object of keyword arguments');
      }
      return this.call(names, args.slice(0, -1), /** @type {Record<string, unknown>} */ (kwargs));
    }

    copy() {
      references.check(this.entry);
      const entry = /** @type {Held} */ (references.entryOf(this.itself()));
      references.check(entry);
      return references.use(entry, this.owner.make);
    }

    wait() {
      this.awaited ??= this.ask('wait');
      return this.awaited;
    }

    async *items() {
      const iterated = await this.ask('iterate');
      for (
        let batch = iterated;
        ;
        batch = await this.ask('take', { on: whole(batch.iterator), many: iterated.many })
      ) {
        yield* batch.values;
        if (batch.done) return;
      }
    }
  }

  /** The methods of a promise, which is asked for when one of them is called. @param {() => Promise<any>} ask */
  const promiseLike = (ask) =>
    Object.fromEntries(
      /** @type {const} */ (['then', 'catch', 'finally']).map((name) => [
        name,
        (/** @type {any[]} */ ...args) => /** @type {any} */ (ask())[name](...args),
      ]),
    );

  /** The letter of an ability that a name asks for; these are answered at once. */
  const CHECKS = {
    supportsLength: 'l',
    supportsGet: 'g',
    supportsSet: 's',
    supportsHas: 'h',
    isAwaitable: 'a',
    isBuffer: 'b',
    isCallable: 'c',
    isIterable: 'i',
    isIterator: 'n',
  };

  /** Names by the letter of an ability. @type {Record<string, (methods: PyProxyMethods) => Record<PropertyKey, unknown>>} */
  const NAMES = {
    a: (methods) => promiseLike(() => methods.wait()),
    b: (methods) => ({
      getBuffer: (/** @type {string | undefined} */ type, /** @type {any} */ options) =>
        readBuffer(methods, type, options),
    }),
    c: (methods) => ({
      call: (/** @type {unknown} */ _, /** @type {unknown[]} */ ...args) => methods.call([], args),
      apply: (/** @type {unknown} */ _, /** @type {unknown[]} */ args) =>
        methods.call([], [...args]),
      callKwargs: (/** @type {unknown[]} */ ...args) => methods.callKwargs([], args),
      bind:
        (/** @type {unknown} */ _, /** @type {unknown[]} */ ...first) =>
        (/** @type {unknown[]} */ ...args) =>
          methods.call([], [...first, ...args]),
    }),
    d: (methods) => ({
      delete: (/** @type {unknown} */ key) => methods.ask('delete', { key: whole(key) }),
    }),
    g: (methods) => ({
      get: (/** @type {unknown} */ key) => methods.ask('get', { key: whole(key) }),
    }),
    h: (methods) => ({
      has: (/** @type {unknown} */ key) => methods.ask('contains', { key: whole(key) }),
    }),
    i: (methods) => ({ [Symbol.asyncIterator]: () => methods.items() }),
    n: (methods) => ({
      next: (/** @type {unknown} */ value) => methods.ask('send', { value: whole(value) }),
    }),
    s: (methods) => ({
      set: (/** @type {unknown} */ key, /** @type {unknown} */ value) =>
        methods.ask('set', { key: whole(key), value: whole(value) }),
    }),
  };

  /**
   * An attribute, or one of an attribute: to await, to call, or to go on from. Nothing is asked
   * before.
   * @param {PyProxyMethods} methods
   * @param {string[]} names
   * @returns {any}
   */
  function path(methods, names) {
    /** @type {Record<string, unknown>} */
    const own = {
      ...promiseLike(() => methods.ask('attribute', { path: names })),
      callKwargs: (/** @type {unknown[]} */ ...args) => methods.callKwargs(names, args),
    };
    const attribute = new Proxy(callable(), {
      ...REFUSED,
      get(_, key) {
        if (key === Symbol.toPrimitive) return () => `[attribute ${names.join('.')}: await it]`;
        if (typeof key === 'symbol') return undefined;
        if (Object.hasOwn(own, key)) return own[key];
        return RESERVED.has(key) ? undefined : path(methods, [...names, key]);
      },
      apply: (_, __, args) => methods.call(names, args),
    });
    foreign.add(attribute);
    references.promised.add(attribute);
    return attribute;
  }

  return { makeProxy, whole, wholes };
});
