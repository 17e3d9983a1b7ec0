/** What Python asks of this page: the other end of pybridge/pages.py and pybridge/jsproxy.py. */
'use strict';

define([
  './errors',
  './codec',
  './host',
  './journal',
  './losses',
  './output',
  './pieces',
  './references',
  './abilities',
], function (
  /** @type {import('./internal').ErrorsModule} */ { BridgeError, PythonError },
  /** @type {import('./internal').CodecModule} */ codec,
  /** @type {import('./internal').HostModule} */ host,
  /** @type {import('./internal').JournalModule} */ journal,
  /** @type {import('./internal').LossesModule} */ { isEnd },
  /** @type {import('./internal').OutputModule} */ { tell },
  /** @type {import('./internal').PiecesModule} */ { cut },
  /** @type {import('./internal').ReferencesModule} */ references,
  /** @type {import('./internal').AbilitiesModule} */ { isList, isMap, typeName },
) {
  const { Whole, Ref, Deep } = codec;

  /** Longer answers travel as buffers. */
  const INLINE = 256 * 1024;

  /** Something that Python has an exception of its own for. */
  class Mistake extends Error {
    /** @param {'attribute' | 'index' | 'key' | 'stop' | 'type'} kind @param {string} message */
    constructor(kind, message) {
      super(message);
      this.kind = kind;
    }
  }

  /** What belongs to an object is referred to, so that changes reach it. @param {unknown} value */
  const belonging = (value) => (codec.isContainer(value) ? new Ref(value) : new Whole(value));

  /** @param {any} on @param {any} key @returns {number} */
  function place(on, key) {
    const isNumber = ['number', 'bigint', 'boolean'].includes(typeof key);
    const index = isNumber ? Number(key) : Number.NaN;
    if (!Number.isInteger(index)) throw new Mistake('type', 'an index is an integer');
    const from = index < 0 ? index + on.length : index;
    if (from < 0 || from >= on.length)
      throw new Mistake('index', `no item ${index} of ${on.length}`);
    return from;
  }

  /** @param {any} on @param {any} key */
  function known(on, key) {
    if (!on.has(key)) throw new Mistake('key', String(key));
  }

  /** @param {any} on @param {string} name */
  function attribute(on, name) {
    if (!(name in Object(on))) {
      throw new Mistake('attribute', `an object of type ${typeName(on)} has no property ${name}`);
    }
    return on[name];
  }

  /** One function for each question; they take what pybridge/jsproxy.py sends. @type {Record<string, (fields: any) => unknown>} */
  const ANSWERS = {
    globals: () => new Ref(globalThis),
    get: ({ on, name }) => belonging(attribute(on, name)),
    set({ on, name, value }) {
      if (!Reflect.set(on, name, value, on)) throw new Mistake('type', `${name} cannot be set`);
    },
    delete({ on, name }) {
      attribute(on, name);
      if (!Reflect.deleteProperty(on, name)) throw new Mistake('type', `${name} cannot be deleted`);
    },
    dir({ on }) {
      const names = new Set();
      for (let at = Object(on); at; at = Object.getPrototypeOf(at)) {
        for (const name of Object.getOwnPropertyNames(at)) names.add(name);
      }
      return [...names];
    },
    keys: ({ on }) => Object.keys(on),
    entries: ({ on }) => Object.entries(on).map(([key, value]) => [key, belonging(value)]),
    string: ({ on }) => String(on),
    copy: ({ on, depth }) => new Deep(on, depth),
    call: ({ on, this: self, args }) => Reflect.apply(on, self ?? undefined, args),
    new: ({ on, args }) => new Ref(Reflect.construct(on, args)),
    length: ({ on }) => on.length ?? on.size,
    item({ on, key }) {
      if (isList(on)) return belonging(on[place(on, key)]);
      known(on, key);
      return belonging(on.get(key));
    },
    setItem({ on, key, value }) {
      if (isList(on)) on[place(on, key)] = value;
      else on.set(key, value);
    },
    deleteItem({ on, key }) {
      if (Array.isArray(on)) on.splice(place(on, key), 1);
      else if (isMap(on)) {
        known(on, key);
        on.delete(key);
      } else throw new Mistake('type', 'items of this object cannot be deleted');
    },
    contains: ({ on, key }) =>
      isList(on) ? Array.prototype.includes.call(on, key) : Boolean(on.has(key)),
    iterate({ on }) {
      const isWhole = isList(on) || on instanceof Map || on instanceof Set;
      if (isWhole) return { iterator: null, values: Array.from(on, belonging) };
      return { iterator: new Whole(on[Symbol.iterator]()), values: [] };
    },
    next({ on }) {
      const step = on.next();
      if (Object(step) !== step || !('done' in step || 'value' in step)) {
        throw new Mistake('type', 'its next() gives no items, as that of an iterator does');
      }
      const { done, value } = step;
      if (done) throw new Mistake('stop', '');
      return belonging(value);
    },
  };

  /** Whom what Python passes comes to. @type {import('./internal').Adopter} */
  let adopter = {
    make() {
      throw new BridgeError('bad-argument', 'this page is not ready for references');
    },
    meet() {},
  };

  /** Binary parts of questions that are on their way, by number. @type {Map<number, Uint8Array<ArrayBuffer>[]>} */
  const parts = new Map();
  /** Questions that wait for theirs. @type {Map<number, () => void>} */
  const waiting = new Map();
  /** How many questions to remember; a withdrawal comes within moments. */
  const REMEMBERED = 1000;
  /** Questions that have had their answer, the newest last. @type {Set<number>} */
  const answered = new Set();
  /** Promises that nobody waits for any more, as above. @type {Set<number>} */
  const ignored = new Set();

  /** @param {Set<number>} numbers @param {number} ask */
  function remember(numbers, ask) {
    numbers.add(ask);
    if (numbers.size > REMEMBERED)
      numbers.delete(/** @type {number} */ (numbers.values().next().value));
  }

  /** @param {any} question */
  function answer(question) {
    journal.note(`Python asks: ${question.op} (question ${question.ask})`);
    const views = take(question);
    const adopt = (/** @type {any} */ tree) => references.adopt(tree, adopter);
    const fields = codec.decode(question.with, views, adopt);
    const op = Object.hasOwn(ANSWERS, question.op) ? ANSWERS[question.op] : undefined;
    if (!op) throw new BridgeError('bad-argument', `no such question: ${question.op}`);
    return op(fields);
  }

  /** @param {any} question @returns {DataView[]} */
  function take({ ask, parts: count }) {
    if (count === 0) return [];
    const found = parts.get(ask) ?? [];
    parts.delete(ask);
    return found.map(
      ({ buffer, byteOffset, byteLength }) => new DataView(buffer, byteOffset, byteLength),
    );
  }

  /** @typedef {import('./internal').Answer} Answer */

  /** @param {number} ask @param {() => unknown} work @returns {Answer} */
  function outcome(ask, work) {
    try {
      return pack(ask, work());
    } catch (error) {
      return { said: { ask, error: describe(error) }, buffers: [] };
    }
  }

  /** @param {number} ask @param {unknown} value @returns {Answer} */
  function pack(ask, value) {
    /** @type {ArrayBuffer[]} */
    const buffers = [];
    const text = JSON.stringify(codec.encode(new Whole(value), buffers, '$', references.refer));
    const inline = text.length <= INLINE;
    if (!inline) buffers.unshift(new TextEncoder().encode(text).buffer);
    if (buffers.length === 0) return { said: { ask, body: text }, buffers };
    const { sizes, count: pieces } = cut(buffers);
    const upload = `answer-${host.session()}-${ask}`;
    return { said: { ask, body: inline ? text : null, upload, pieces, sizes }, buffers };
  }

  /** Send what is binary in an answer, ahead of it. @param {Answer} answer */
  function sendParts({ said: { ask, upload }, buffers }) {
    if (buffers.length === 0) return;
    const { total, count, piece } = cut(buffers);
    for (let number = 0; number < count; number++) {
      const { offset, data } = piece(number);
      references.say('part', { ask, upload, offset, total }, [data]);
    }
  }

  /** @param {any} error whatever was thrown */
  function describe(error) {
    if (error instanceof Mistake) return { kind: error.kind, message: error.message };
    try {
      // Those of a frame are no instances of this window's Error.
      const isError = error instanceof Error || typeof error?.stack === 'string';
      const own = error instanceof PythonError ? `${error.type}: ` : '';
      return {
        name: isError ? String(error.name) : 'Error',
        message: isError ? own + error.message : String(error),
        stack: isError ? String(error.stack ?? '') : '',
      };
    } catch {
      return { name: 'Error', message: 'something that has no text was thrown', stack: '' };
    }
  }

  /** Give the last answer that a question gets. @param {number} ask @param {Answer} answer */
  function respond(ask, answer) {
    waiting.delete(ask);
    remember(answered, ask);
    sendParts(answer);
    host.sendInput(JSON.stringify(answer.said));
    // Of what is large the parts are most likely to be lost, and they are not kept for that.
    last = answer.buffers.length === 0 ? answer : null;
  }

  host.onQuestion((question) => {
    const { ask } = question;
    // Its withdrawal has come before it, on another channel.
    if (answered.has(ask)) return;
    const work = () =>
      respond(
        ask,
        outcome(ask, () => answer(question)),
      );
    if (question.parts > 0 && !parts.has(ask)) waiting.set(ask, work);
    else work();
  });

  // A connection that ends takes along what is on its way. So this is said again with the next one;
  // of what Python has already it takes no notice.

  /** What became of promises, until the kernel has taken it, by number. @type {Map<number, Answer>} */
  const untaken = new Map();
  /** To the last question. @type {Answer | null} */
  let last = null;

  /** Say on the control channel what became of a promise, or an answer once more. @param {Answer} answer */
  function say(answer) {
    if (host.state !== 'connected') return;
    sendParts(answer);
    const idle = () => void untaken.delete(answer.said.ask);
    references.say('answer', answer.said, [], { idle });
  }

  host.listen((event) => {
    if (event.type === 'connected') {
      for (const answer of untaken.values()) say(answer);
      if (last) say(last);
    } else if (isEnd(event)) {
      untaken.clear();
      last = null;
    }
  });

  /** Say what becomes of a promise. @param {number} ask @param {number} id */
  async function follow(ask, id) {
    let work;
    try {
      const value = await references.mine(id);
      work = () => value;
    } catch (error) {
      work = () => {
        throw error;
      };
    }
    if (ignored.delete(ask)) return;
    const answer = outcome(ask, work);
    untaken.set(ask, answer);
    say(answer);
  }

  /** What Python tells pages. @type {Record<string, (event: any) => void>} */
  const EVENTS = {
    who: () => void references.say('here'),
    release: ({ counts }) => references.take(counts),
    await: ({ ask, id }) => void follow(ask, id),
    parts({ ask, parts: came }) {
      parts.set(ask, came);
      waiting.get(ask)?.();
    },
    withdraw({ ask, receipt }) {
      parts.delete(ask);
      respond(ask, { said: { ask: receipt }, buffers: [] });
    },
    ignore({ ask }) {
      if (!untaken.delete(ask)) remember(ignored, ask);
    },
  };

  host.subscribe(references.PAGE, (body, buffers) => {
    tell(() => {
      const event = codec.decode(body, buffers);
      if (event.to !== null && event.to !== host.session()) return;
      if (Object.hasOwn(EVENTS, event.what)) EVENTS[event.what]?.(event);
    });
  });

  return {
    /** @param {import('./internal').Adopter} given */
    adoptWith(given) {
      adopter = given;
    },
  };
});
