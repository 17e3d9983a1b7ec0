/** The models of this page: one copy of each, and what an author sees of it. */
'use strict';

define([
  './codec',
  './host',
  './comm',
  './journal',
  './losses',
  './model',
  './output',
  './references',
], function (
  /** @type {import('./internal').CodecModule} */ codec,
  /** @type {import('./internal').HostModule} */ host,
  /** @type {import('./internal').CommModule} */ comms,
  /** @type {import('./internal').JournalModule} */ journal,
  /** @type {import('./internal').LossesModule} */ { isEnd },
  /** @type {import('./internal').ModelModule} */ { Replica },
  /** @type {import('./internal').OutputModule} */ { tell },
  /** @type {import('./internal').ReferencesModule} */ references,
) {
  /** @typedef {import('./internal').Replica} Copy */
  /** @typedef {import('./internal').PageModel} PageModel */
  /** @typedef {{replica: Copy, users: Set<object>, area: import('./internal').OutputArea | null, unhear: () => void}} Entry */

  /** How long to wait for a frame, in ms: a page that is being hidden has none. */
  const FRAME = 100;

  /** @type {Map<string, Entry>} */
  const entries = new Map();
  /** Which models an author's objects are. @type {WeakMap<object, string>} */
  const idOf = new WeakMap();

  /** Do something at the next frame. @param {() => void} work */
  function soon(work) {
    let waits = true;
    const once = () => {
      if (waits) work();
      waits = false;
    };
    requestAnimationFrame(once);
    setTimeout(once, document.hidden ? 0 : FRAME);
  }

  /** Revisions that the kernel has not been told were shown, by model. @type {Map<string, number>} */
  const unsaid = new Map();

  /** Let the kernel know that it may send more. @param {string} id @param {number} revision */
  function shown(id, revision) {
    const isFirst = unsaid.size === 0;
    unsaid.set(id, revision);
    if (!isFirst) return;
    const report = () => {
      references.say('shown', { models: [...unsaid] });
      unsaid.clear();
    };
    // A hidden page shows nothing, and holds up nobody.
    if (document.hidden) report();
    else soon(report);
  }

  /** @param {object} object */
  function refer(object) {
    const id = idOf.get(object);
    if (id !== undefined) return { $: 'model', id };
    // Elsewhere it could be referred to; the other pages could do nothing with it.
    return codec.encode(object, []);
  }

  /**
   * The copy of a model, for somebody who needs it from now on.
   * @param {string} id
   * @param {object} user
   * @param {import('./internal').OutputArea | null} [area] where output of its observers goes
   * @returns {Copy}
   */
  function use(id, user, area = null) {
    let entry = entries.get(id);
    if (!entry || FINISHED.has(entry.replica.status)) {
      entry = open(id);
      entries.set(id, entry);
    }
    entry.users.add(user);
    references.beat();
    entry.area = area ?? entry.area;
    return entry.replica;
  }

  const FINISHED = new Set(['gone', 'closed']);

  /** @param {string} id @returns {Entry} */
  function open(id) {
    /** @type {import('./internal').Wire} */
    const wire = {
      session: host.session,
      soon,
      shown: (revision) => shown(id, revision),
      say: async (kind, fields) => wire.prepare(kind, fields)(),
      prepare(kind, fields) {
        /** @type {ArrayBuffer[]} */
        const buffers = [];
        const body = JSON.stringify(codec.encode({ kind, ...fields }, buffers, '$', refer));
        const content = /** @type {const} */ ({ type: 'comm_msg', comm_id: id, data: { body } });
        const area = () => entry.area;
        const repeatable = kind === 'request_state';
        return () => comms.send(content, { buffers, area, repeatable });
      },
    };
    const replica = new Replica(id, wire);
    replica.listen('status', (status) => journal.note(`model ${id}: ${status}`));
    /** @type {Entry} */
    const entry = { replica, users: new Set(), area: null, unhear: () => {} };
    if (host.state === 'connected') connect(entry);
    if (host.state === 'dead') replica.lose('gone');
    return entry;
  }

  /** Hear what the kernel says of a model, and ask for its state. @param {Entry} entry */
  function connect(entry) {
    const { replica } = entry;
    const adopt = (/** @type {any} */ tree) => {
      if (tree.$ !== 'model') throw new TypeError(`no place for a reference: ${tree.type}`);
      return pageModel(tree.id);
    };
    entry.unhear();
    entry.unhear = host.hearComm(replica.id, {
      message({ body }, _, buffers) {
        if (body === undefined) return;
        tell(() => replica.hear(codec.decode(body, buffers, adopt)));
      },
      close() {
        replica.lose('closed');
        forget(entry);
        pageModels.delete(replica.id);
      },
    });
    void replica.ask();
  }

  /** @param {Entry} entry */
  function forget(entry) {
    entry.unhear();
    if (entries.get(entry.replica.id) === entry) entries.delete(entry.replica.id);
  }

  /** Somebody needs the model no more. @param {string} id @param {object} user */
  async function leave(id, user) {
    const entry = entries.get(id);
    if (!entry?.users.delete(user) || entry.users.size > 0) return;
    const { replica } = entry;
    // Whoever has changed something may wait for its answer.
    replica.flush();
    if (replica.isBusy) await replica.settled();
    // Meanwhile somebody may need it again, or it may have ended.
    if (entry.users.size > 0 || entries.get(id) !== entry) return;
    forget(entry);
    if (host.state === 'connected') replica.wire.say('leave', {}).catch(() => {});
    replica.lose('closed');
  }

  host.listen((event) => {
    if (event.type === 'thawed') {
      // Meanwhile the page may have been taken to be gone.
      for (const { replica } of entries.values()) void replica.ask();
    }
    if (event.type === 'connected') {
      // A kernel that was chosen anew has no ends of comms yet; of one that is back, something
      // may have been missed.
      for (const entry of entries.values()) connect(entry);
    }
    if (isEnd(event)) {
      for (const entry of [...entries.values()]) {
        entry.replica.lose('gone');
        forget(entry);
      }
    } else if (event.type === 'lost') {
      for (const { replica } of entries.values()) replica.become('waiting');
    }
  });

  references.alsoNeeds(() => entries.size > 0);

  /**
   * What an author sees of a model; a view's own ends with the view.
   * @implements {PageModel}
   */
  class Model {
    /** @param {string} id @param {object} user @param {import('./internal').OutputArea | null} [area] */
    constructor(id, user, area) {
      this.id = id;
      this.user = user;
      this.replica = use(id, user, area);
      /** @type {Map<unknown, Map<string, () => void>>} */
      this.stops = new Map();
      codec.foreign.add(this);
      idOf.set(this, id);
    }

    get status() {
      return this.replica.status;
    }

    keys() {
      return [...this.replica.shown.keys()];
    }

    /** @param {string} name */
    get(name) {
      return this.replica.shown.get(name);
    }

    /** @param {string} name */
    previous(name) {
      return this.replica.before.get(name);
    }

    /** @param {string | Record<string, unknown>} name @param {unknown} [value] */
    set(name, value) {
      const changes = typeof name === 'string' ? { [name]: value } : name;
      // What cannot be sent is refused here, where it is made.
      codec.encode(changes, [], '$', refer);
      for (const [key, item] of Object.entries(changes)) this.replica.set(key, item);
    }

    save() {
      return this.replica.save();
    }

    /** @param {string} event @param {(...args: any[]) => void} listener */
    on(event, listener) {
      const stops = this.stops.get(listener) ?? new Map();
      stops.get(event)?.();
      this.stops.set(listener, stops.set(event, this.replica.listen(event, listener)));
    }

    /** @param {string} [event] @param {(...args: any[]) => void} [listener] */
    off(event, listener) {
      for (const [heard, stops] of this.stops) {
        if (listener !== undefined && heard !== listener) continue;
        for (const [name, stop] of [...stops]) {
          if (event !== undefined && name !== event) continue;
          stop();
          stops.delete(name);
        }
        if (stops.size === 0) this.stops.delete(heard);
      }
    }

    /** @param {unknown} content @param {readonly (ArrayBuffer | ArrayBufferView)[]} [buffers] */
    send(content, buffers = []) {
      return this.replica.send(content, buffers);
    }

    /** @param {(content: any, buffers: readonly Uint8Array[]) => void} listener */
    onMessage(listener) {
      this.on('message', listener);
      return () => this.off('message', listener);
    }

    async close() {
      await this.replica.wire.say('close', {});
    }

    toString() {
      return `[pybridge model ${this.id}]`;
    }
  }

  /** Models that scripts of the page asked for; they stay until they are closed. @type {Map<string, Model>} */
  const pageModels = new Map();

  /** @param {string} id */
  function pageModel(id) {
    const known = pageModels.get(id);
    if (known && !FINISHED.has(known.status)) return known;
    const made = new Model(id, pageModels);
    pageModels.set(id, made);
    return made;
  }

  /** Wait until a model's state is here, and that of all it holds. @param {Model} model */
  async function ready(model) {
    const seen = new Set();
    const open = [model];
    for (let next = open.pop(); next; next = open.pop()) {
      if (seen.has(next.id)) continue;
      seen.add(next.id);
      await opened(next.replica);
      open.push(...next.keys().flatMap((name) => modelsIn(next?.get(name))));
    }
    return model;
  }

  /** @param {any} value @returns {Model[]} */
  function modelsIn(value) {
    if (value instanceof Model) return [value];
    if (!codec.isContainer(value)) return [];
    return codec.contents(value).flatMap(modelsIn);
  }

  /** @param {Copy} replica @returns {Promise<void>} */
  function opened(replica) {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (replica.status === 'live') settle(resolve);
        else if (FINISHED.has(replica.status)) settle(() => reject(replica.ending));
      };
      const stop = replica.listen('status', look);
      const settle = (/** @type {() => void} */ how) => {
        stop();
        how();
      };
      look();
    });
  }

  return {
    Model,
    pageModel,
    ready,
    leave,
    /** How many there are copies of. */
    get count() {
      return entries.size;
    },
  };
});
