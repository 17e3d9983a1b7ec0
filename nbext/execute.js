/** `py.execute`: code in the kernel's own language, and callbacks for all that comes back. */
'use strict';

define(['./errors', './host', './call', './output'], function (
  /** @type {import('./internal').ErrorsModule} */ errors,
  /** @type {import('./internal').HostModule} */ host,
  /** @type {import('./internal').CallModule} */ calls,
  /** @type {import('./internal').OutputModule} */ { tell, showElsewhere },
) {
  /** @typedef {import('./pybridge').ExecuteCallbacks} Callbacks */

  /** In UTF-8 this fits into one message; above 10 MiB the server closes the connection. */
  const MAX_CODE = 2.5 * 2 ** 20;

  /** What is over so soon is not interrupted: it would be what comes next that is. In ms. */
  const MOMENT = 200;

  /** Which callback a message is for. @type {Record<string, keyof Callbacks>} */
  const CALLBACK = {
    stream: 'stream',
    display_data: 'display',
    update_display_data: 'display',
    execute_result: 'result',
    error: 'error',
    clear_output: 'clear',
  };

  /**
   * @param {string} code
   * @param {Callbacks} callbacks
   * @param {import('./pybridge').ExecuteOptions} options
   * @param {import('./internal').OutputArea | null} area of the cell that owns the caller
   * @returns {Promise<import('./pybridge').ExecuteReply>}
   */
  function execute(code, callbacks, options, area) {
    /** @type {import('./internal').CallPlan} */
    const plan = {
      message: () => ({
        code,
        silent: options.silent ?? false,
        storeHistory: options.storeHistory ?? false,
        stopOnError: options.stopOnError ?? false,
        allowStdin: callbacks.input !== undefined,
      }),
      output(message) {
        const type = message.header.msg_type;
        const all = tell(callbacks.output, type, message.content, message.buffers ?? []);
        const one = tell(/** @type {any} */ (callbacks[CALLBACK[type]]), message.content, type);
        if (!all && !one) showElsewhere(message, area);
      },
      status(state, call) {
        tell(callbacks.status, state);
        // Cancelled while it waited in the kernel: now it is this code that runs.
        if (state === 'busy' && call.settled) setTimeout(() => interrupt(call), MOMENT);
      },
      input: (request) => void answer(callbacks.input, request),
      over(reply, call) {
        if (reply.status === 'ok') call.resolve(reply);
        else call.reject(failure(reply));
      },
      stop: interrupt,
    };
    if (code.length > MAX_CODE) {
      const message = `${code.length} characters of code are over the limit of ${MAX_CODE}`;
      return Promise.reject(new errors.BridgeError('too-large', message));
    }
    const promise = calls.ask(plan, { ...options, what: 'execute' });
    // Who takes the error in a callback need not take it again from the promise.
    if (callbacks.error || callbacks.output) promise.catch(() => {});
    return promise;
  }

  /** Another run, the user's own perhaps, is none of ours to interrupt. @param {import('./internal').Settleable} call */
  function interrupt({ isUnderWay, busy, idle }) {
    if (isUnderWay && busy && !idle) host.interrupt();
  }

  /** @param {import('./internal').ExecuteReply} reply */
  function failure({ ename = 'Error', evalue = '', traceback = [] }) {
    if (ename === 'KeyboardInterrupt') {
      return new errors.BridgeError('interrupted', 'the kernel was interrupted while the code ran');
    }
    return new errors.PythonError({
      code: 'python',
      type: ename,
      message: evalue,
      traceback: traceback.join('\n'),
      frames: [],
      cause: null,
    });
  }

  /**
   * Python waits until there is an answer, so there always is one.
   * @param {Callbacks['input']} ask
   * @param {import('./internal').InputRequest} request
   */
  async function answer(ask, request) {
    let text = '';
    try {
      text = String((await ask?.(request.prompt, request)) ?? '');
    } catch (error) {
      console.error('pybridge: the input callback failed, Python gets an empty line', error);
    }
    host.sendInput(text);
  }

  return { execute };
});
