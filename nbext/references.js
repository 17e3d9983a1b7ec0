/**
 * What each side holds of the other's; twin of pybridge/references.py and pybridge/pages.py, whose
 * first lines describe the references and the messages about them.
 */
'use strict';

define(['./errors', './host', './abilities', './losses', './stamp'], function (
  /** @type {import('./internal').ErrorsModule} */ { BridgeError },
  /** @type {import('./internal').HostModule} */ host,
  /** @type {import('./internal').AbilitiesModule} */ { abilities, typeName },
  /** @type {import('./internal').LossesModule} */ { isEnd },
  /** @type {import('./internal').StampModule} */ { STAMP },
) {
  /** @typedef {import('./internal').Held} Held */

  const PAGE = 'pybridge.page';
  const PAGE_REQUEST = 'pybridge_page_request';
  /** Releases wait so long for others, in ms. */
  const PAUSE = 20;
  /** How often the kernel hears of a page that holds anything, in ms: a tenth of the lease. */
  const PULSE = 60_000;

  /** Python's objects that this page holds, by id. @type {Map<string, Held>} */
  const held = new Map();
  /** What is held through which proxy. @type {WeakMap<object, Held>} */
  const behind = new WeakMap();
  /** Proxies that nobody can use any more. @type {FinalizationRegistry<Held>} */
  const ended = new FinalizationRegistry((entry) => leave(entry));
  /** How many references to give back, by id. @type {Map<string, number>} */
  const returned = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let returning;

  /** Attributes that nobody has awaited: nothing to refer to yet. @type {WeakSet<object>} */
  const promised = new WeakSet();

  /** This page's objects that Python holds. @type {Map<number, {object: any, count: number}>} */
  const given = new Map();
  /** @type {Map<any, number>} */
  const ids = new Map();
  let made = 0;

  /** @type {ReturnType<typeof setInterval> | undefined} */
  let pulse;
  /** Whether something else needs the kernel to know of this page. @type {(() => boolean)[]} */
  const needs = [];

  /** Let the kernel hear of this page as long as anything is held on either side. */
  function beat() {
    if (pulse !== undefined) return;
    pulse = setInterval(() => {
      if (held.size > 0 || given.size > 0 || needs.some((asked) => asked())) say('here');
      else {
        clearInterval(pulse);
        pulse = undefined;
      }
    }, PULSE);
  }

  /**
   * @param {string} what
   * @param {object} [values]
   * @param {ArrayBuffer[]} [buffers]
   * @param {import('./internal').ControlListener} [listener]
   */
  function say(what, values = {}, buffers = [], listener) {
    return host.control(PAGE_REQUEST, { what, ...STAMP, ...values }, buffers, listener);
  }

  /**
   * The tree of a reference: to the Python object behind a proxy, or to any other object here.
   * @param {any} object
   * @returns {import('./internal').Tree}
   */
  function refer(object) {
    const entry = behind.get(object);
    if (entry) {
      check(entry);
      return { $: 'py', id: entry.id };
    }
    if (promised.has(object)) {
      throw new BridgeError('bad-argument', 'await the attribute, and pass what comes of it');
    }
    // First, as the object's own code may fail: then nothing is held.
    const [type, can] = [typeName(object), abilities(object)];
    let id = ids.get(object);
    if (id === undefined) {
      id = ++made;
      // Its rejection is Python's business from now on.
      if (object instanceof Promise) object.catch(() => {});
      beat();
      ids.set(object, id);
      given.set(id, { object, count: 0 });
    }
    /** @type {{count: number}} */ (given.get(id)).count += 1;
    return { $: 'js', id, type, can };
  }

  /**
   * Refer to objects for one request: what it refers to stays until it is answered, though nobody
   * else may want it any more while the request waits for its turn.
   */
  function keeper() {
    /** @type {Held[]} */
    const kept = [];
    /** @type {number[]} */
    const lent = [];
    const lend = (/** @type {number} */ id) => {
      /** @type {{count: number}} */ (given.get(id)).count += 1;
    };
    const take = () => takeAll(lent.map((id) => [id, 1]));
    return {
      /** As `refer`. @param {any} object */
      refer(object) {
        const tree = refer(object);
        const entry = behind.get(object);
        if (entry) {
          entry.users += 1;
          kept.push(entry);
        } else {
          // For the request itself: Python may give back what it got, and get it once more.
          lend(tree.id);
          lent.push(tree.id);
        }
        return tree;
      },
      /** The request is sent once more, and with it all that it refers to. */
      again() {
        for (const id of lent) if (given.has(id)) lend(id);
      },
      /** Python has never heard of the request as it was sent last, nor of what it was to get. */
      takeBack: take,
      release() {
        for (const entry of kept.splice(0)) leave(entry);
        take();
        lent.length = 0;
      },
    };
  }

  /**
   * What a reference that came stands for.
   * @param {any} tree
   * @param {import('./internal').Adopter} adopter whom it came to
   */
  function adopt(tree, adopter) {
    if (tree.$ === 'js') return mine(tree.id);
    let entry = held.get(tree.id);
    if (!entry) {
      entry = {
        id: tree.id,
        type: tree.type,
        can: tree.can,
        received: 0,
        users: 0,
        proxy: null,
        gone: '',
      };
      held.set(tree.id, entry);
      beat();
    }
    entry.received += 1;
    // One object, one proxy, as long as anybody has that.
    const proxy = entry.proxy?.deref();
    if (proxy) adopter.meet(proxy);
    return proxy ?? use(entry, adopter.make);
  }

  /** Make one more proxy of what is held. @param {Held} entry @param {(entry: Held) => object} make */
  function use(entry, make) {
    const proxy = make(entry);
    entry.proxy ??= new WeakRef(proxy);
    if (entry.proxy.deref() === undefined) entry.proxy = new WeakRef(proxy);
    entry.users += 1;
    behind.set(proxy, entry);
    ended.register(proxy, entry, proxy);
    return proxy;
  }

  /** An object of this page by its id. @param {number} id */
  function mine(id) {
    const found = given.get(id);
    if (!found) {
      const message =
        'Python asks for an object of a page that was loaded again, or of another one';
      throw new BridgeError('destroyed', message);
    }
    return found.object;
  }

  /** @param {Held} entry */
  function check({ gone }) {
    if (gone) throw new BridgeError(gone === 'restarted' ? 'restarted' : 'destroyed', GONE[gone]);
  }

  /** @type {Record<string, string>} */
  const GONE = {
    destroyed: 'this proxy was destroyed: its Python object cannot be reached through it any more',
    restarted: 'the kernel was restarted: this Python object is gone with the old one',
  };

  /** Let go of a proxy. Another one of the same object, a copy, stays. @param {object} proxy */
  function destroy(proxy) {
    const entry = behind.get(proxy);
    if (!entry) return;
    ended.unregister(proxy);
    behind.set(proxy, { ...entry, gone: entry.gone || 'destroyed' });
    if (entry.proxy?.deref() === proxy) entry.proxy = null;
    leave(entry);
  }

  /** One proxy less. @param {Held} entry */
  function leave(entry) {
    entry.users -= 1;
    if (entry.users > 0 || held.get(entry.id) !== entry) return;
    held.delete(entry.id);
    returned.set(entry.id, entry.received + (returned.get(entry.id) ?? 0));
    if (returning === undefined) returning = setTimeout(giveBack, PAUSE);
  }

  function giveBack() {
    returning = undefined;
    if (returned.size === 0 || say('release', { counts: [...returned] }) === null) return;
    returned.clear();
  }

  /** Python needs some of this page's objects no more. @param {[number, number][]} counts */
  function takeAll(counts) {
    for (const [id, count] of counts) {
      const found = given.get(id);
      if (!found) continue;
      found.count -= count;
      if (found.count > 0) continue;
      given.delete(id);
      ids.delete(found.object);
    }
  }

  /** The last id that a process has had which is gone; null once the next one has answered. @type {number | null} */
  let last = null;
  let begun = false;

  /**
   * Keep count of the kernel's processes. One end is told of several times, and what was given
   * after the first is for the process that comes.
   * @param {import('./internal').HostEvent} event
   */
  function follow(event) {
    const { type } = event;
    if (isEnd(event)) {
      if (type === 'lost' || last === null) last = made;
      begun = type === 'started';
      forget(last);
    }
    // Its answer may be here before anything tells that it is another one.
    if (type === 'answered' && begun) last = null;
  }

  /** The kernel is another process: it holds nothing, and nothing of the old one's is left. @param {number} old the last id that it had */
  function forget(old) {
    for (const entry of held.values()) entry.gone = 'restarted';
    held.clear();
    returned.clear();
    for (const [id, { object }] of [...given]) {
      if (id > old) continue;
      given.delete(id);
      ids.delete(object);
    }
  }

  host.listen((event) => {
    follow(event);
    if (event.type === 'connected') giveBack();
    // So the kernel learns of the version here, and does not wait for an answer.
    if (event.type === 'misheard' && event.name === PAGE) say('here');
  });

  return {
    PAGE,
    say,
    refer,
    keeper,
    adopt,
    use,
    mine,
    take: takeAll,
    destroy,
    check,
    promised,
    beat,
    /** @param {() => boolean} asked */
    alsoNeeds(asked) {
      needs.push(asked);
    },
    /** @param {object} proxy */
    entryOf: (proxy) => behind.get(proxy),
    /** @param {unknown} value */
    isProxy: (value) => Object(value) === value && behind.has(/** @type {object} */ (value)),
    /** How many of Python's objects this page holds, and Python of this page's. */
    get load() {
      return { held: held.size, given: given.size };
    },
  };
});
