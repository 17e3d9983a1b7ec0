/** Which calls are served beside the cells, and where; twin of pybridge/lanes.py. */
'use strict';

define(['./codec', './host', './journal', './output', './references'], function (
  /** @type {import('./internal').CodecModule} */ codec,
  /** @type {import('./internal').HostModule} */ host,
  /** @type {import('./internal').JournalModule} */ journal,
  /** @type {import('./internal').OutputModule} */ { tell },
  /** @type {import('./internal').ReferencesModule} */ references,
) {
  const LANES = 'pybridge.lanes';
  /** What a kernel says that has subshells. */
  const FEATURE = 'kernel subshells';
  /** How long to wait for what the kernel answers even while it is busy, in ms. */
  const PATIENCE = 3000;

  /** What the side lane serves, by handle: methods, and null for the handle itself. @type {Map<string, Set<string | null>>} */
  const served = new Map();
  /** Whether the kernel has a side lane, as it has said. */
  let possible = false;
  /** @type {Promise<void> | null} */
  let learning = null;
  /** This page's subshell. @type {Promise<string | null> | null} */
  let opening = null;
  /** @type {string | null} */
  let current = null;

  host.subscribe(LANES, (body, buffers) => {
    tell(() => take(codec.decode(body, buffers)));
  });

  /** @param {{to: string | null, handles: [string, (string | null)[]][]}} declared */
  function take({ to, handles }) {
    if (to !== null && to !== host.session()) return;
    possible = true;
    if (to !== null) served.clear();
    for (const [name, methods] of handles) {
      if (methods.length > 0) served.set(name, new Set(methods));
      else served.delete(name);
    }
  }

  host.listen((event) => {
    if (event.type === 'lost' && event.code === 'disconnected') {
      // What is declared meanwhile is not heard here.
      learning = null;
      return;
    }
    if (event.type === 'connected' && learning === null && possible) void learn();
    if (event.type !== 'lost' && event.type !== 'started') return;
    served.clear();
    possible = false;
    learning = opening = current = null;
  });
  references.alsoNeeds(() => current !== null);

  /**
   * The lane of a request.
   * @param {string} op
   * @param {Record<string, unknown>} fields
   * @param {import('./pybridge').Lane} [wish]
   * @returns {import('./pybridge').Lane}
   */
  function laneOf(op, { name, method }, wish) {
    if (!possible || wish === 'main') return 'main';
    const methods = op === 'call' ? served.get(/** @type {string} */ (name)) : undefined;
    const declared = methods?.has(/** @type {string | null} */ (method ?? null));
    return wish === 'side' || declared ? 'side' : 'main';
  }

  /** Learn, busy as the kernel may be, whether there is a side lane and what is declared. */
  function learn() {
    learning ??= (async () => {
      const { supported_features: features } = host.info ?? (await ask('kernel_info_request'));
      if (features?.includes(FEATURE)) await heard();
    })();
    return learning;
  }

  /**
   * Ask something on the control channel.
   * @param {string} type
   * @param {(content: any) => void} [late] gets an answer that comes too late as well
   * @returns {Promise<any>} an empty object when there is no answer
   */
  function ask(type, late = () => {}) {
    return new Promise((resolve) => {
      const none = () => resolve({});
      const reply = (/** @type {any} */ content) => {
        late(content);
        resolve(content);
      };
      if (host.control(type, {}, [], { reply }) === null) none();
      setTimeout(none, PATIENCE);
    });
  }

  /** Have the kernel say what is declared. One without pybridge says nothing, but is done with it. */
  function heard() {
    return /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        if (references.say('lanes', {}, [], { idle: resolve }) === null) resolve();
        setTimeout(resolve, PATIENCE);
      })
    );
  }

  /** The page's subshell, opened once it is needed; null where none can be had now. */
  function open() {
    if (opening !== null) return opening;
    /** @param {{subshell_id?: string}} content */
    const note = ({ subshell_id: id }) => {
      // Too late as it may be: it is to end with the page.
      if (id) references.say('lane', { id });
    };
    const mine = ask('create_subshell_request', note).then(({ subshell_id: id = null }) => {
      // The kernel may be another one by now.
      if (opening !== mine) return id;
      current = id;
      journal.note('subshell', id ?? 'refused: calls of the side lane go to the main one');
      if (id === null) opening = null;
      else references.beat();
      return id;
    });
    opening = mine;
    return mine;
  }

  /** Open another subshell for what is asked next: this one is gone. @param {string} subshell */
  function forget(subshell) {
    if (current === subshell) opening = current = null;
  }

  return {
    laneOf,
    learn,
    open,
    forget,
    get subshell() {
      return current;
    },
  };
});
