/**
 * From a request to its replies; twin of pybridge/dispatch.py, whose first lines describe both.
 */
'use strict';

define([
  './errors',
  './codec',
  './host',
  './call',
  './items',
  './journal',
  './lanes',
  './losses',
  './output',
  './pieces',
  './references',
  './stamp',
  './version',
], function (
  /** @type {import('./internal').ErrorsModule} */ errors,
  /** @type {import('./internal').CodecModule} */ codec,
  /** @type {import('./internal').HostModule} */ host,
  /** @type {import('./internal').CallModule} */ calls,
  /** @type {import('./internal').ItemsModule} */ { Items },
  /** @type {import('./internal').JournalModule} */ journal,
  /** @type {import('./internal').LanesModule} */ lanes,
  /** @type {import('./internal').LossesModule} */ { loss, late, isLate },
  /** @type {import('./internal').OutputModule} */ { tell, showElsewhere },
  /** @type {import('./internal').PiecesModule} */ { PIECE, sizeOf, cut },
  /** @type {import('./internal').ReferencesModule} */ references,
  /** @type {import('./internal').StampModule} */ { STAMP },
  /** @type {import('./internal').VersionModule} */ { VERSION },
) {
  const { BridgeError } = errors;

  const DISPLAYS = new Set(['display_data', 'update_display_data', 'execute_result']);
  const MIME = 'application/vnd.pybridge.v1+json';
  /** What a call is refused with whose handle was registered anew, not for the side lane any more. */
  const UNDECLARED = 'wrong-lane';
  /** How many subshells in a row may turn out to be gone. */
  const LANES = 3;
  /** What the kernel raises at a request for a subshell that is gone. */
  const CLOSED = 'UnknownSubshellError';
  const CANCEL_REQUEST = 'pybridge_cancel_request';
  /** Longer requests travel as a buffer: IPython reads through the source of what it runs. */
  const INLINE = 4096;
  /** How often a large repeatable call is sent, and after which losses. */
  const UPLOADS = 3;
  const RETRIED = new Set(['aborted', 'disconnected']);
  /** What a request fails with that was sent, and that Python has not seen. */
  const UNHEARD = new Set(['aborted', 'not-installed']);

  // Several pages may talk to one kernel: each draws its own prefix.
  const page = Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join(
    '',
  );
  let made = 0;

  /**
   * Ask the kernel for an operation.
   * @param {string} op
   * @param {Record<string, unknown>} fields
   * @param {import('./internal').RequestOptions} [options]
   * @returns {import('./pybridge').Call<any>}
   */
  function request(op, fields, options = {}) {
    const id = `${page}-${made++}`;
    const items = new Items();
    const abort = new AbortController();
    const cancel = () => abort.abort();
    const body = { op, id, ...STAMP, ...fields };
    const signal = options.signal ? AbortSignal.any([abort.signal, options.signal]) : abort.signal;
    const lane = lanes.laneOf(op, fields, options.lane);
    const told = { ...options, what: describe(op, fields), lane, wish: options.lane, signal };
    const promise = perform(body, id, items, told);
    return Object.assign(promise, {
      cancel,
      [Symbol.asyncIterator]() {
        // Who loops over the items takes the error from the loop.
        promise.catch(() => {});
        return items.iterate(cancel);
      },
    });
  }

  /**
   * Name what is asked for, with no value of it; as pybridge/operations.py does.
   * @param {string} op
   * @param {Record<string, any>} fields
   */
  function describe(op, { name, method, path = [] }) {
    const names = [name, method, ...path].filter((part) => typeof part === 'string');
    return `${op} ${names.join('.')}`.trimEnd();
  }

  /**
   * @param {object} body
   * @param {string} id
   * @param {InstanceType<typeof Items>} items
   * @param {import('./internal').RequestOptions} options
   */
  async function perform(body, id, items, options) {
    const { refer, again, takeBack, release } = references.keeper();
    let sent = 0;
    const onSend = () => {
      sent += 1;
    };
    const onRefused = () => {
      sent = 0;
      again();
    };
    try {
      /** @type {ArrayBuffer[]} */
      const parts = [];
      const text = JSON.stringify(codec.encode(body, parts, '$', refer));
      return await send({ id, text, parts, items }, { ...options, onSend }, onRefused);
    } catch (error) {
      const code = error instanceof BridgeError ? error.code : '';
      if (sent === 0 || (sent === 1 && UNHEARD.has(code))) takeBack();
      items.end(
        code === 'not-installed' ? await notInstalled(/** @type {Error} */ (error)) : error,
      );
      throw items.error;
    } finally {
      release();
      options.bars?.clear();
      items.end(items.error);
    }
  }

  /**
   * Send a request, and where the side lane does not take it any more, to the main one.
   * @param {import('./internal').Encoded} request
   * @param {import('./internal').RequestOptions} options
   * @param {() => void} onRefused
   */
  async function send(request, options, onRefused) {
    try {
      return await transmit(request, options);
    } catch (error) {
      const undeclared = error instanceof BridgeError && error.code === UNDECLARED;
      if (options.lane !== 'side' || options.wish || !undeclared) throw error;
      journal.again(`${options.what}`, error.code);
      onRefused();
      return transmit(request, { ...options, lane: 'main' });
    }
  }

  /**
   * Send a request in the way that suits its size, in the lane of the options.
   * @param {import('./internal').Encoded} request
   * @param {import('./internal').RequestOptions} options
   */
  async function transmit({ id, text, parts, items }, options) {
    const buffers = [new TextEncoder().encode(text).buffer, ...parts];
    const size = sizeOf(buffers);
    if (size <= PIECE && text.length <= INLINE) {
      return ask(plan(id, text, parts, items, options), options);
    }
    if (size <= PIECE) {
      const literal = JSON.stringify({ at: 'buffer', ...STAMP });
      return ask(plan(id, literal, buffers, items, options), options);
    }
    const asked = performance.now();
    const left = () =>
      options.timeout && Math.max(options.timeout - (performance.now() - asked), 0);
    for (let attempt = 1; ; attempt++) {
      try {
        const literal = await upload(buffers, id, () => ({ ...options, timeout: left() }));
        // The kernel hands an upload over once: sent again alone, the call would find nothing.
        const once = { ...options, timeout: left(), repeatable: false };
        return await ask(plan(id, literal, [], items, options), once);
      } catch (error) {
        const lost = error instanceof BridgeError && RETRIED.has(error.code);
        if (!(lost && options.repeatable) || attempt === UPLOADS) {
          // What has come of it is of no use to anybody; where the call has begun, nothing is left.
          void request('upload.drop', { upload: id }).catch(() => {});
          // Parts of it had what was left of the time.
          throw isLate(error) ? late(Number(options.timeout)) : error;
        }
        journal.again(`${options.what}`, error.code);
      }
    }
  }

  /**
   * Ask in the lane that the options name, in the main one where the kernel has no other for it.
   * @param {import('./internal').CallPlan} plan
   * @param {import('./internal').RequestOptions} options
   */
  async function ask(plan, options) {
    if (options.lane !== 'side') return calls.ask(plan, options);
    for (let attempt = 1; ; attempt++) {
      const subshell = await lanes.open();
      try {
        return await calls.ask(plan, { ...options, subshell });
      } catch (error) {
        // Nothing has run there.
        if (error instanceof LaneClosed && subshell !== null && attempt < LANES) {
          lanes.forget(subshell);
          journal.again(`${options.what}`, 'its subshell is gone');
        } else throw error;
      }
    }
  }

  /** The kernel has given up the subshell of a call. */
  class LaneClosed extends Error {}

  /**
   * @param {string} id
   * @param {string} literal
   * @param {ArrayBuffer[]} buffers
   * @param {InstanceType<typeof Items>} items
   * @param {import('./internal').RequestOptions} options
   * @returns {import('./internal').CallPlan}
   */
  function plan(id, literal, buffers, items, options) {
    /** @type {import('./internal').OutputMessage | undefined} */
    let held;
    const release = () => {
      if (held) route(held, options);
      held = undefined;
    };
    return {
      message() {
        options.onSend?.();
        return {
          code: `await __import__("pybridge").dispatch(${JSON.stringify(ascii(literal))})`,
          buffers,
          silent: true,
          storeHistory: false,
          stopOnError: false,
          allowStdin: false,
        };
      },
      output(message, call) {
        release();
        // The request's own error, where pybridge is missing, is the last it shows, and the promise
        // tells of it. One with something behind it was shown by the user's code.
        if (message.header.msg_type === 'error' && !call.settled) {
          held = message;
          return;
        }
        const body = message.content.data?.[MIME];
        if (body === undefined) {
          route(message, options);
          return;
        }
        try {
          settle(parse(body, message.buffers ?? [], options), call, items, options);
        } catch (error) {
          call.stop(error instanceof BridgeError ? error : senseless(error));
        }
      },
      over(reply, call) {
        if (reply.status !== 'error') release();
        call.reject(reply.ename === CLOSED ? new LaneClosed() : failure(reply));
      },
      stop: () => host.control(CANCEL_REQUEST, { id }),
    };
  }

  /** What looks like a reply may come from any code that the call has run. @param {unknown} error */
  function senseless(error) {
    return new BridgeError('bad-argument', `not a reply of pybridge's: ${error}`, { cause: error });
  }

  /** IPython splits source into lines where Python does not, at U+2028 for one. @param {string} json */
  function ascii(json) {
    return json.replace(
      /[\u007f-\uffff]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  }

  /** @param {{body: string | null}} reply @param {readonly DataView[]} buffers @param {import('./internal').RequestOptions} options */
  function parse({ body }, buffers, { adopter }) {
    const adopt = adopter && ((/** @type {any} */ tree) => references.adopt(tree, adopter));
    if (body !== null) return codec.decode(body, buffers, adopt);
    return codec.decode(new TextDecoder().decode(buffers[0]), buffers.slice(1), adopt);
  }

  /**
   * @param {import('./internal').Reply} reply
   * @param {import('./internal').Settleable} call
   * @param {InstanceType<typeof Items>} items
   * @param {import('./internal').RequestOptions} options
   */
  function settle(reply, call, items, options) {
    if (reply.kind === 'error') call.reject(errors.fromDescription(reply.error));
    else if (call.settled) return;
    else if (reply.kind === 'result') {
      if ((reply.items ?? 0) > items.count) call.reject(loss('lost-reply'));
      else call.resolve(reply.value);
    } else if (reply.kind === 'progress') {
      const { kind, ...progress } = reply;
      if (!tell(options.onProgress, progress)) options.bars?.show(progress);
    } else if (reply.first > items.count) call.stop(loss('lost-reply'));
    else {
      for (const value of items.fresh(reply.first, reply.values)) {
        if (!tell(options.onItem, value)) items.push(value);
      }
    }
  }

  /** @param {import('./internal').OutputMessage} message @param {import('./internal').RequestOptions} options */
  function route(message, options) {
    const type = message.header.msg_type;
    const callback =
      type === 'stream' ? options.onStream : DISPLAYS.has(type) ? options.onDisplay : undefined;
    if (!tell(callback, message.content, type)) showElsewhere(message, options.area ?? null);
  }

  /** What it means that the kernel ran the request and no reply came from pybridge. @param {import('./internal').ExecuteReply} reply */
  function failure({ status, ename = '', evalue = '' }) {
    if (status !== 'error') return loss('lost-reply');
    if (ename === 'KeyboardInterrupt' || ename === 'CancelledError') {
      return new BridgeError('interrupted', 'the kernel was interrupted before the call began');
    }
    if (ename === 'SyntaxError' && evalue.includes('await')) {
      return new BridgeError(
        'bad-argument',
        `calls need IPython's %autoawait, which is off (${evalue})`,
      );
    }
    return new BridgeError('not-installed', `${ename}: ${evalue}`);
  }

  /** Say where to install pybridge: in the kernel's environment, which need not be the server's. @param {Error} error */
  async function notInstalled(error) {
    const where = await interpreter();
    return new BridgeError(
      'not-installed',
      where === null
        ? `this kernel does not answer as Python with pybridge does (${error.message})`
        : `pybridge cannot be used in this notebook's kernel (${error.message}). Install it there: ` +
            `${where} -m pip install pybridge-nbext==${VERSION}, then restart the kernel`,
    );
  }

  /** @returns {Promise<string | null>} the path of the kernel's Python */
  function interpreter() {
    const ask = {
      message: () => ({
        code: '',
        silent: true,
        storeHistory: false,
        stopOnError: false,
        allowStdin: false,
        userExpressions: { path: '__import__("sys").executable' },
      }),
      output() {},
      over(
        /** @type {import('./internal').ExecuteReply} */ reply,
        /** @type {import('./internal').Settleable} */ call,
      ) {
        const literal = reply.user_expressions?.path?.data?.['text/plain'];
        call.resolve(literal ? literal.slice(1, -1) : null);
      },
      stop() {},
    };
    const options = { what: 'interpreter', repeatable: true, timeout: 10_000 };
    return calls.ask(ask, options).catch(() => null);
  }

  /**
   * Send buffers ahead of the call that needs them. A piece may be sent again: the kernel puts it
   * where it belongs.
   * @param {ArrayBuffer[]} buffers
   * @param {string} id
   * @param {() => import('./internal').RequestOptions} options as they are for a piece sent now
   * @returns {Promise<string>} the literal of the call
   */
  async function upload(buffers, id, options) {
    const { sizes, total, count, piece } = cut(buffers);
    const abort = new AbortController();
    let next = 0;
    const worker = async (/** @type {import('./pybridge').CallOptions['onBusy']} */ onBusy) => {
      while (next < count) {
        const number = next++;
        const { offset, data } = piece(number);
        const pieceId = `${id}/${number}`;
        const envelope = { op: 'upload', id: pieceId, ...STAMP };
        const literal = JSON.stringify({ ...envelope, upload: id, offset, total });
        const given = options();
        const signal = given.signal ? AbortSignal.any([given.signal, abort.signal]) : abort.signal;
        const { timeout, lane } = given;
        const limit = { what: 'upload', signal, timeout, repeatable: true, lane, onBusy };
        await ask(plan(pieceId, literal, [data], new Items(), limit), limit);
      }
    };
    try {
      // Two at a time: one on the way while the kernel takes in the other. One tells of both.
      await Promise.all([worker(options().onBusy), worker(undefined)]);
    } catch (error) {
      abort.abort();
      throw error;
    }
    return JSON.stringify({ at: 'upload', ...STAMP, upload: id, pieces: count, sizes });
  }

  /**
   * Hear what the kernel tells all pages under a name; gives the function that ends it.
   * @param {string} name
   * @param {(value: any, asked: string) => void} listener
   */
  function subscribe(name, listener) {
    return host.subscribe(name, (body, buffers, asked) => {
      tell(() => listener(codec.decode(body, buffers), asked));
    });
  }

  return { request, subscribe, MIME };
});
