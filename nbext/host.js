/**
 * The classic notebook as the bridge sees it: a kernel to send to, events of its life, and output
 * areas. With areas.js the only file that knows the notebook; another host has another file with
 * these exports.
 */
'use strict';

define([
  'base/js/namespace',
  'base/js/events',
  'services/kernels/serialize',
  'services/kernels/comm',
  './areas',
  './stamp',
], function (
  /** @type {any} */ Jupyter,
  /** @type {any} */ events,
  /** @type {any} */ serialize,
  /** @type {any} */ comms,
  /** @type {import('./internal').AreasModule} */ areas,
  /** @type {import('./internal').StampModule} */ { agrees },
) {
  /** @typedef {import('./internal').HostEvent} HostEvent */
  /** @typedef {import('./internal').OutputMessage} OutputMessage */
  /** @typedef {import('./internal').ControlListener & {over: boolean}} Quiet */

  /** @type {Set<(event: HostEvent) => void>} */
  const listeners = new Set();

  /** @type {import('./internal').HostState} */
  let state =
    kernel() === null ? 'no-kernel' : kernel().is_connected() ? 'connected' : 'connecting';

  /** @returns {any} the notebook's kernel, or null */
  function kernel() {
    return Jupyter.notebook?.kernel ?? null;
  }

  /** @param {HostEvent} event */
  function emit(event) {
    for (const listener of [...listeners]) listener(event);
  }

  /** @param {import('./internal').HostState} next @param {HostEvent} event */
  function become(next, event) {
    state = next;
    emit(event);
  }

  /**
   * The notebook's events, and what they mean for a call that is under way. `starting` is the new
   * process speaking, in every window on the kernel, whoever restarted it; `restarting` comes
   * earlier, but only to the window that asked, or when the kernel died by itself.
   * @type {Record<string, () => void>}
   */
  const MEANING = {
    'kernel_connected.Kernel': () => become('connected', { type: 'connected' }),
    'kernel_ready.Kernel': () => emit({ type: 'answered' }),
    'kernel_starting.Kernel': () => emit({ type: 'started' }),
    'kernel_restarting.Kernel': () => become('connecting', { type: 'lost', code: 'restarted' }),
    'kernel_autorestarting.Kernel': () => become('connected', { type: 'connected' }),
    'kernel_disconnected.Kernel': () =>
      become('connecting', { type: 'lost', code: 'disconnected' }),
    'kernel_created.Session': () => become('connecting', { type: 'lost', code: 'restarted' }),
    'kernel_killed.Kernel': () => become('dead', { type: 'lost', code: 'dead' }),
    'kernel_killed.Session': () => become('dead', { type: 'lost', code: 'dead' }),
    'kernel_dead.Kernel': () => become('dead', { type: 'lost', code: 'dead' }),
    'kernel_dead.Session': () => become('dead', { type: 'lost', code: 'dead' }),
    'kernel_connection_dead.Kernel': () =>
      become('unreachable', { type: 'lost', code: 'disconnected' }),
  };
  for (const [name, react] of Object.entries(MEANING)) events.on(name, react);

  window.addEventListener('pagehide', ({ persisted }) => {
    // Kept in the browser's memory, a page may come back and go on.
    if (!persisted) emit({ type: 'leaving' });
  });

  document.addEventListener('resume', () => emit({ type: 'thawed' }));

  /** Have binary messages as what they are decoded from: a Blob takes 30 ms more to read 8 MB of. */
  function takeWhole() {
    const { ws } = kernel() ?? {};
    if (ws) ws.binaryType = 'arraybuffer';
  }
  events.on('kernel_connected.Kernel', takeWhole);
  takeWhole();

  /**
   * Send an execute_request, or a comm's message. The listener hears of everything that comes back;
   * nothing it returns is waited for, because the notebook handles no further message while a
   * handler's promise lasts.
   * @param {import('./internal').ExecuteMessage | import('./internal').CommMessage} message
   * @param {import('./internal').ExecuteListener} listener
   * @returns {string} the message's id
   */
  function execute(message, listener) {
    if ('comm' in message) return sendComm(message, listener);
    const content = {
      code: message.code,
      silent: message.silent,
      store_history: message.storeHistory,
      stop_on_error: message.stopOnError,
      allow_stdin: message.allowStdin,
      user_expressions: message.userExpressions ?? {},
    };
    const callbacks = {
      shell: { reply: (/** @type {any} */ msg) => void listener.reply(msg.content) },
      iopub: iopubOf(listener),
      input: (/** @type {any} */ msg) => void listener.input(msg.content),
    };
    if (message.subshell) {
      const { subshell, buffers = [] } = message;
      return sendBeside(subshell, content, callbacks, buffers);
    }
    if (message.buffers?.length) {
      // kernel.execute takes no buffers; this is what it sends.
      return kernel().send_shell_message(
        'execute_request',
        content,
        callbacks,
        {},
        message.buffers,
      );
    }
    return kernel().execute(message.code, callbacks, content);
  }

  /**
   * Send an execute_request to a subshell of the kernel.
   * @param {string} subshell
   * @param {object} content
   * @param {object} callbacks
   * @param {ArrayBuffer[]} buffers
   * @returns {string}
   */
  function sendBeside(subshell, content, callbacks, buffers) {
    const message = kernel()._get_msg('execute_request', content, {}, buffers);
    message.header.subshell_id = subshell;
    message.channel = 'shell';
    kernel().set_callbacks_for_msg(message.header.msg_id, callbacks);
    kernel()._send(serialize.serialize(message));
    return message.header.msg_id;
  }

  /** @param {import('./internal').ExecuteListener} listener */
  function iopubOf(listener) {
    return {
      status: (/** @type {any} */ msg) => void listener.status(msg.content.execution_state),
      output: (/** @type {OutputMessage} */ msg) => void listener.output(msg),
      clear_output: (/** @type {OutputMessage} */ msg) => void listener.output(msg),
    };
  }

  /**
   * @param {import('./internal').CommMessage} message
   * @param {import('./internal').ExecuteListener} listener
   * @returns {string}
   */
  function sendComm({ comm, buffers = [], metadata = {} }, listener) {
    const { type, ...content } = comm;
    const iopub = iopubOf(listener);
    const finish = (/** @type {{marked: boolean, error?: string}} */ how) => {
      clearTimeout(asking);
      if (!handling.delete(id)) return;
      // The notebook forgets who listens when the kernel says that it is idle again, which it need
      // not say of a comm's message. What is shown last comes behind the mark.
      setTimeout(() => kernel()?.clear_callbacks_for_msg(id), SILENCE);
      listener.reply({ status: 'ok', ...how });
      listener.status('idle');
    };
    const status = (/** @type {any} */ msg) => {
      if (msg.content.execution_state === 'idle') finish({ marked: false });
      else iopub.status(msg);
    };
    const until = (/** @type {any} */ { content }) =>
      void (content.execution_state === 'idle' && finish({ marked: false }));
    const callbacks = { iopub: { ...iopub, status } };
    /** @type {string} */
    const id = kernel().send_shell_message(type, content, callbacks, metadata, buffers);
    handling.set(id, finish);
    // While a cell awaits something, newer kernels handle it without a word. What is asked after it
    // is done after it, though.
    const asking = setTimeout(() => {
      const question = { iopub: { status: until } };
      kernel()?.send_shell_message('kernel_info_request', {}, question);
    }, SILENCE);
    return id;
  }

  /** Messages of comms that the kernel has not handled yet, with what to do then. @type {Map<string, (how: {marked: boolean, error?: string}) => void>} */
  const handling = new Map();
  /** When to ask whether a comm's message was handled, in ms. */
  const SILENCE = 2000;

  /**
   * Hear what the kernel says to one end of a comm; gives the function that ends it.
   * @param {string} id
   * @param {import('./internal').CommListener} listener
   */
  function hearComm(id, listener) {
    const manager = kernel().comm_manager;
    const end = new comms.Comm('', id);
    /** @param {'message' | 'close'} what @returns {(message: any) => void} */
    const to =
      (what) =>
      ({ content, metadata, buffers = [] }) => {
        const mark = metadata?.pybridge ?? {};
        listener[what](content.data, mark, buffers);
        heed(mark);
      };
    end.on_msg(to('message'));
    end.on_close(to('close'));
    manager.register_comm(end);
    return () => manager.unregister_comm(end);
  }

  /** A comm's message says which of the page's is done. @param {any} mark */
  function heed({ done, error }) {
    handling.get(done)?.({ marked: true, error });
  }

  /** Comms are told to every page; the notebook warns of those that it has no end of. @param {any} of a kernel */
  function ignoreComms(of) {
    const { comms: known } = of?.comm_manager ?? {};
    if (!known) return;
    for (const type of ['comm_msg', 'comm_close']) {
      const handle = of.get_iopub_handler(type);
      of.register_iopub_handler(type, (/** @type {any} */ message) => {
        const isStray = known[message.content.comm_id] === undefined;
        const mark = message.metadata?.pybridge;
        // It may be the last of one whose end here is gone.
        return isStray && mark ? heed(mark) : handle(message);
      });
    }
  }

  /**
   * Send a message on the control channel, which the kernel reads while it is busy.
   * @param {string} type
   * @param {object} content
   * @param {ArrayBuffer[]} [buffers]
   * @param {import('./internal').ControlListener} [listener]
   * @returns {string | null} the message's id; null without a connection
   */
  function control(type, content, buffers = [], listener = {}) {
    if (!kernel()?.is_connected()) return null;
    const message = kernel()._get_msg(type, content, {}, buffers);
    message.channel = 'control';
    quiet.set(message.header.msg_id, { ...listener, over: false });
    kernel()._send(serialize.serialize(message));
    return message.header.msg_id;
  }

  /**
   * Messages whose statuses are not the notebook's business: it would show a kernel that only
   * answers them as idle, or as busy, and draw its icons anew each time.
   * @type {Map<string, Quiet>}
   */
  const quiet = new Map();
  events.on('kernel_disconnected.Kernel', () => quiet.clear());

  /** What to do once the kernel is done with a message. @type {Map<string, () => void>} */
  const ends = new Map();
  events.on('kernel_disconnected.Kernel', () => ends.clear());

  /** Ask the kernel, busy or not, for a sign of life: it tells of which process it is. */
  function probe() {
    control('kernel_info_request', {});
  }

  const EVENT = 'pybridge_event';
  /** States that a kernel tells of itself. */
  const SPOKEN = new Set(['starting', 'busy', 'idle']);

  /** @type {Map<string, Set<import('./internal').Hearer>>} */
  const hearers = new Map();

  /** Pass on what a kernel tells all pages; each notebook kernel is an object of its own. @param {any} of */
  function hear(of) {
    of?.register_iopub_handler(EVENT, (/** @type {any} */ message) => {
      const { content, buffers = [], parent_header: asked } = message;
      if (!agrees(content)) emit({ type: 'misheard', name: content.name });
      else
        for (const hearer of [...(hearers.get(content.name) ?? [])])
          hearer(content.body, buffers, asked?.msg_id);
    });
  }

  /** Session of the process that spoke last, of each kernel. @type {WeakMap<object, string>} */
  const speakers = new WeakMap();

  /**
   * Notice a new process by its session. It says `starting`, too, but only once, and a window
   * whose server has not found it again by then never hears of it: there the answer to the next
   * request or probe tells.
   * @param {any} of a kernel
   */
  function watch(of) {
    if (!of || speakers.has(of)) return;
    speakers.set(of, '');
    const handle = of.get_iopub_handler('status');
    of.register_iopub_handler('status', (/** @type {any} */ message) => {
      notice(of, message);
      const { msg_id: asked, subshell_id: subshell, msg_type: type } = message.parent_header ?? {};
      const isOver = message.content.execution_state === 'idle';
      if (subshell) tellBeside(of, message);
      else if (!quiet.has(asked)) isAside(type) || handle(message);
      else if (isOver) finishControl(asked);
      if (!isOver) return;
      ends.get(asked)?.();
      ends.delete(asked);
    });
  }

  /** Whether a message, another window's too, is of a kind that the kernel answers beside its work. @param {string} [type] */
  const isAside = (type = '') => type.startsWith('pybridge_') || type === 'create_subshell_request';

  /** The kernel is done with a control message, though its reply may still be on the way. @param {string} asked */
  function finishControl(asked) {
    const entry = /** @type {Quiet} */ (quiet.get(asked));
    entry.over = true;
    if (!entry.reply) quiet.delete(asked);
    entry.idle?.();
  }

  /** @param {any} message a reply on the control channel */
  function takeReply({ parent_header: asked, content }) {
    const entry = quiet.get(asked?.msg_id);
    if (!entry) return;
    if (entry.over) quiet.delete(asked.msg_id);
    entry.reply?.(content);
    entry.reply = undefined;
  }

  /**
   * Tell the status of a subshell to who asked it: the kernel may be busy with a cell, whatever
   * that does.
   * @param {any} of a kernel
   * @param {any} message
   */
  function tellBeside(of, message) {
    const { msg_id: asked } = message.parent_header;
    of.get_callbacks_for_msg(asked)?.iopub?.status?.(message);
    if (message.content.execution_state === 'idle') of._finish_iopub(asked);
  }

  /** @param {any} of a kernel @param {any} message a status that came from it */
  function notice(of, { header, parent_header: parent, content }) {
    // Of a kernel that restarts or is dead the server speaks itself; and some kernels answer in
    // the session of whom they answer.
    if (!SPOKEN.has(content.execution_state) || header.session === parent?.session) return;
    const before = speakers.get(of);
    speakers.set(of, header.session);
    if (before === '' || before === header.session) return;
    emit({ type: 'started' });
    // What the notebook itself asks a kernel that says `starting`.
    if (content.execution_state !== 'starting') of.kernel_info(() => emit({ type: 'answered' }));
  }

  /** Take the answers to control messages, which the notebook has no place for. @param {any} of a kernel */
  function takeControl(of) {
    const finish = of?._finish_ws_message;
    if (!finish) return;
    of._finish_ws_message = (/** @type {any} */ message) => {
      if (message.channel !== 'control') return finish.call(of, message);
      takeReply(message);
      return undefined;
    };
  }

  /** Answers, with `sendInput`, what Python asks. @type {(question: any) => void} */
  let answer = () => {};

  /** Take what Python asks of pybridge instead of the user. @param {any} of a kernel */
  function takeQuestions(of) {
    const handle = of?._handle_input_request;
    if (!handle) return;
    of._handle_input_request = (/** @type {any} */ message) => {
      const question = message.content.pybridge;
      if (question === undefined) return handle.call(of, message);
      answer(question);
      return undefined;
    };
  }

  /** @param {any} of a kernel, maybe null */
  function attend(of) {
    hear(of);
    watch(of);
    takeControl(of);
    takeQuestions(of);
    ignoreComms(of);
  }
  attend(kernel());
  events.on('kernel_created.Session', (/** @type {unknown} */ _, /** @type {any} */ data) =>
    attend(data.kernel),
  );

  /**
   * Hear what the kernel tells all pages under a name; gives the function that ends it.
   * @param {string} name
   * @param {import('./internal').Hearer} hearer
   */
  function subscribe(name, hearer) {
    const others = hearers.get(name) ?? new Set();
    hearers.set(name, others.add(hearer));
    return () => {
      others.delete(hearer);
      if (others.size === 0) hearers.delete(name);
    };
  }

  return {
    get state() {
      return state;
    },
    /** Hear of the kernel's life; gives the function that ends it. @param {(event: HostEvent) => void} listener */
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    /** The name under which the kernel knows this page. */
    session: () => kernel()?.session_id ?? '',
    /** What the kernel says of itself; null as long as it has not. */
    get info() {
      return kernel()?.info_reply?.protocol_version ? kernel().info_reply : null;
    },
    /** @param {typeof answer} answerer */
    onQuestion(answerer) {
      answer = answerer;
    },
    execute,
    hearComm,
    control,
    probe,
    subscribe,
    interrupt: () => void kernel()?.interrupt(),
    sendInput: (/** @type {string} */ text) => void kernel()?.send_input_reply(text),
    /** Forget the callbacks of a message that will not be answered. @param {string} id */
    forget(id) {
      handling.delete(id);
      kernel()?.clear_callbacks_for_msg(id);
    },
    ...areas,
    /** @param {string} asked a message @param {() => void} listener called when the kernel is done with it */
    whenOver(asked, listener) {
      ends.set(asked, listener);
    },
  };
});
