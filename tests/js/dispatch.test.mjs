/** From a request to its replies, with a host on which the test plays the kernel. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { newPage } from './amd.mjs';
import { FakeHost, settled } from './fake_host.mjs';

const PIECE = 4 * 2 ** 20;

function newDispatch(t, state) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const written = [];
  for (const method of ['log', 'warn', 'error']) {
    t.mock.method(console, method, (...args) => void written.push([method, ...args]));
  }
  const host = new FakeHost(state);
  const load = newPage({ host });
  const { request, subscribe, MIME } = load('dispatch');
  return {
    host,
    request,
    subscribe,
    MIME,
    written,
    codec: load('codec'),
    errors: load('errors'),
    calls: load('call'),
    references: load('references'),
    version: load('version'),
    tick: (ms) => t.mock.timers.tick(ms),
  };
}

/** The error of a promise that is refused. */
const refusal = (promise) =>
  promise.then(
    (value) => assert.fail(`not refused: ${value}`),
    (error) => error,
  );

describe('a request', () => {
  test('is one line of code that holds it all', async (t) => {
    const { host, request, version } = newDispatch(t);
    const promise = request('call', { name: 'sim', method: 'step', args: [1, 'a'], kwargs: {} });
    const { message, request: sent } = host.last;
    assert.match(message.code, /^await __import__\("pybridge"\)\.dispatch\(".*"\)$/);
    const { id, ...rest } = sent;
    assert.equal(typeof id, 'string');
    assert.deepEqual(rest, {
      op: 'call',
      protocol: version.PROTOCOL,
      version: version.VERSION,
      name: 'sim',
      method: 'step',
      args: [1, 'a'],
      kwargs: {},
    });
    host.last.answer(5);
    assert.equal(await promise, 5);
  });

  test('leaves no trace and aborts nobody’s cells', (t) => {
    const { host, request } = newDispatch(t);
    request('run', { code: '1' }).catch(() => {});
    const { code, ...rest } = host.last.message;
    assert.deepEqual(rest, {
      buffers: [],
      silent: true,
      storeHistory: false,
      stopOnError: false,
      allowStdin: false,
    });
    host.last.answer();
  });

  test('has an id that no other has, on this page or another', (t) => {
    const ids = new Set();
    for (let page = 0; page < 2; page++) {
      t.mock.reset();
      const { host, request } = newDispatch(t);
      for (let i = 0; i < 3; i++) {
        request('run', { code: '' });
        ids.add(host.last.request.id);
        host.last.answer();
      }
    }
    assert.equal(ids.size, 6);
  });

  test('takes its values as they are at that moment', (t) => {
    const { host, request } = newDispatch(t, 'connecting');
    const args = [1, Uint8Array.of(1)];
    request('call', { args }).catch(() => {});
    args[0] = 2;
    args[1].fill(2);
    host.connect();
    assert.equal(host.last.request.args[0], 1);
    assert.deepEqual([...new Uint8Array(host.last.message.buffers[0])], [1]);
    host.last.answer();
  });

  test('with binary parts has them beside it', (t) => {
    const { host, request } = newDispatch(t);
    request('call', { args: [Uint8Array.of(1, 2), Float64Array.of(0.5)] }).catch(() => {});
    assert.deepEqual(
      host.last.message.buffers.map((buffer) => buffer.byteLength),
      [2, 8],
    );
    assert.equal(host.last.request.args[1].b, 1);
    host.last.answer();
  });

  test('that is long lies in a buffer, before its binary parts', async (t) => {
    const { host, request, codec, version } = newDispatch(t);
    const text = 'é'.repeat(5000);
    request('call', { args: [text, Uint8Array.of(7)] });
    const stamp = { protocol: version.PROTOCOL, version: version.VERSION };
    assert.deepEqual(JSON.parse(host.last.literal), { at: 'buffer', ...stamp });
    const [json, ...buffers] = host.last.message.buffers.map((buffer) => new DataView(buffer));
    const sent = codec.decode(new TextDecoder().decode(json), buffers);
    assert.deepEqual(sent.args, [text, Uint8Array.of(7)]);
    host.last.answer();
  });

  test('that cannot be sent is refused with the place, and nothing is sent', async (t) => {
    const { host, request, errors } = newDispatch(t);
    const error = await refusal(request('call', { args: [{ a: [() => 0] }] }));
    assert.ok(error instanceof errors.BridgeError);
    assert.deepEqual([error.code, error.path], ['not-serializable', '$.args[0].a[0]']);
    assert.deepEqual(host.sent, []);
  });

  test('that is too large is refused, and nothing is sent', async (t) => {
    const { host, request } = newDispatch(t);
    const { prototype } = ArrayBuffer;
    const real = Object.getOwnPropertyDescriptor(prototype, 'byteLength');
    Object.defineProperty(prototype, 'byteLength', { configurable: true, get: () => 2 ** 30 });
    try {
      const promise = refusal(request('call', { args: [new ArrayBuffer(1)] }));
      Object.defineProperty(prototype, 'byteLength', real);
      assert.equal((await promise).code, 'too-large');
    } finally {
      Object.defineProperty(prototype, 'byteLength', real);
    }
    assert.deepEqual(host.sent, []);
  });
});

describe('a reply', () => {
  test('inline or in a buffer is the same', async (t) => {
    const { host, request } = newDispatch(t);
    for (const buffers of [undefined, []]) {
      const promise = request('run', {});
      host.last
        .busy()
        .say({ kind: 'result', value: { a: [1] } }, buffers)
        .over();
      assert.deepEqual(await promise, { a: [1] });
    }
  });

  test('has its binary parts behind its text', async (t) => {
    const { host, request, codec } = newDispatch(t);
    const promise = request('run', {});
    const value = { $: 'ndarray', dtype: 'int8', shape: [2], b: 0 };
    host.last
      .busy()
      .say({ kind: 'result', value }, [Int8Array.of(1, -1).buffer])
      .over();
    assert.deepEqual(await promise, new codec.NdArray(Int8Array.of(1, -1)));
  });

  test('without a value is undefined, with null null', async (t) => {
    const { host, request } = newDispatch(t);
    const nothing = request('globals.get', { name: 'a' });
    host.last.busy().say({ kind: 'result' }).over();
    assert.equal(await nothing, undefined);
    const none = request('globals.get', { name: 'a' });
    host.last.answer(null);
    assert.equal(await none, null);
  });

  test('of pythons error is a PythonError with all that Python knows', async (t) => {
    const { host, request, errors } = newDispatch(t);
    const promise = request('run', {});
    const frames = [{ file: 'f', line: 1, name: 'n', text: 't' }];
    const cause = { code: 'python', type: 'KeyError', message: 'k', traceback: 'kt', frames: [] };
    const details = { type: 'ValueError', message: 'v', traceback: 'vt', frames, cause };
    host.last.busy().error('python', details).over();
    const error = await refusal(promise);
    assert.ok(error instanceof errors.PythonError && error instanceof Error);
    const { name, type, message, traceback } = error;
    assert.deepEqual([name, type, message, traceback], ['PythonError', 'ValueError', 'v', 'vt']);
    assert.deepEqual(error.frames, frames);
    assert.ok(error.cause instanceof errors.PythonError);
    assert.deepEqual([error.cause.type, error.cause.cause], ['KeyError', undefined]);
    assert.equal(`${error}`, 'PythonError: ValueError: v');
  });

  test('of the bridges error is a BridgeError with its code and path', async (t) => {
    const { host, request, errors } = newDispatch(t);
    const promise = request('run', {});
    host.last.busy().error('not-serializable', { message: 'm', path: '$.a' }).over();
    const error = await refusal(promise);
    assert.ok(error instanceof errors.BridgeError);
    assert.deepEqual(
      [error.name, error.code, error.message, error.path],
      ['BridgeError', 'not-serializable', 'm', '$.a'],
    );
  });

  for (const body of ['nonsense', '{"kind":"result","value":{"$":"unknown"}}', 'null', null]) {
    test(`that makes no sense refuses the call: ${body}`, async (t) => {
      const { host, request, MIME, calls } = newDispatch(t);
      const promise = request('run', {});
      host.last.busy().output('display_data', { data: { [MIME]: { body } } });
      assert.ok((await refusal(promise)) instanceof Error);
      host.last.over();
      assert.deepEqual(calls.load, { queued: 0, underWay: 0 });
    });
  }

  test('that never comes is a lost reply', async (t) => {
    const { host, request } = newDispatch(t);
    const promise = request('run', {});
    host.last.busy().over();
    assert.equal((await refusal(promise)).code, 'lost-reply');
  });
});

describe('a kernel that fails before pybridge answers', () => {
  for (const ename of ['KeyboardInterrupt', 'CancelledError']) {
    test(`with ${ename} was interrupted`, async (t) => {
      const { host, request } = newDispatch(t);
      const promise = request('run', {});
      host.last.busy().over({ status: 'error', ename, evalue: '' });
      assert.equal((await refusal(promise)).code, 'interrupted');
    });
  }

  test('because %autoawait is off: the error says so', async (t) => {
    const { host, request } = newDispatch(t);
    const promise = request('run', {});
    const evalue = "'await' outside function";
    host.last.busy().over({ status: 'error', ename: 'SyntaxError', evalue });
    const error = await refusal(promise);
    assert.equal(error.code, 'bad-argument');
    assert.match(error.message, /autoawait/);
  });

  const missing = {
    status: 'error',
    ename: 'ModuleNotFoundError',
    evalue: 'No module named pybridge',
  };

  test('because it is missing: the error says what to install where', async (t) => {
    const { host, request, version } = newDispatch(t);
    const promise = request('run', {});
    host.last.busy().over(missing);
    await settled();
    assert.equal(host.sent.length, 2);
    assert.equal(host.last.message.silent, true);
    const path = { data: { 'text/plain': "'/opt/python/bin/python3'" } };
    host.last.over({ status: 'ok', user_expressions: { path } });
    const error = await refusal(promise);
    assert.equal(error.code, 'not-installed');
    const command = `/opt/python/bin/python3 -m pip install pybridge-nbext==${version.VERSION}`;
    assert.ok(error.message.includes(command), error.message);
    assert.ok(error.message.includes(missing.evalue));
  });

  test('in another language is told apart', async (t) => {
    const { host, request } = newDispatch(t);
    const promise = request('run', {});
    host.last.busy().over({ status: 'error', ename: 'ERROR', evalue: 'syntax' });
    await settled();
    host.last.over();
    const error = await refusal(promise);
    assert.equal(error.code, 'not-installed');
    assert.match(error.message, /does not answer as Python/);
  });

  test('and then for good settles all the same', async (t) => {
    const { host, request } = newDispatch(t);
    const promise = request('run', {});
    host.last.busy().over(missing);
    await settled();
    host.lose('dead');
    assert.equal((await refusal(promise)).code, 'not-installed');
  });
});

describe('how far a call is', () => {
  const progress = {
    number: 1,
    text: 'looping',
    fraction: 0.5,
    left: 3,
    count: 5,
    elapsed: 3,
    done: false,
  };
  const newBars = () => ({
    shown: [],
    cleared: 0,
    show(told) {
      this.shown.push(told);
    },
    clear() {
      this.cleared += 1;
    },
  });

  test('goes to its callback, and no bar is shown', async (t) => {
    const { host, request } = newDispatch(t);
    const bars = newBars();
    const heard = [];
    const promise = request('run', {}, { bars, onProgress: (told) => heard.push(told) });
    host.last.busy().say({ kind: 'progress', ...progress });
    assert.deepEqual([heard, bars.shown], [[progress], []]);
    host.last.result(1).over();
    assert.equal(await promise, 1);
  });

  test('is shown by bars, which go with the call', async (t) => {
    for (const end of ['result', 'error', 'cancel', 'restart']) {
      t.mock.reset();
      const { host, request } = newDispatch(t);
      const bars = newBars();
      const promise = request('run', {}, { bars });
      host.last.busy().say({ kind: 'progress', ...progress });
      assert.deepEqual(bars.shown, [progress]);
      if (end === 'result') host.last.result(1);
      else if (end === 'error') host.last.error('python');
      else if (end === 'cancel') promise.cancel();
      else host.lose('restarted');
      await promise.catch(() => {});
      assert.equal(bars.cleared, 1, end);
      host.last.say({ kind: 'progress', ...progress });
      assert.equal(bars.shown.length, 1, end);
    }
  });

  test('concerns nobody where there is neither', async (t) => {
    const { host, request } = newDispatch(t);
    const promise = request('run', {});
    host.last
      .busy()
      .say({ kind: 'progress', ...progress })
      .result(1)
      .over();
    assert.equal(await promise, 1);
  });
});

describe('what the call prints and shows', () => {
  const stream = { name: 'stdout', text: 'a' };
  const display = { data: { 'text/plain': 'd' }, metadata: {} };

  test('goes to its callbacks', async (t) => {
    const { host, request, written } = newDispatch(t);
    const heard = [];
    const promise = request(
      'run',
      {},
      {
        onStream: (content, type) => heard.push([type, content]),
        onDisplay: (content, type) => heard.push([type, content]),
      },
    );
    host.last.busy().output('stream', stream).output('display_data', display);
    host.last.output('update_display_data', display).result(1).over();
    await promise;
    const expected = [
      ['stream', stream],
      ['display_data', display],
      ['update_display_data', display],
    ];
    assert.deepEqual(heard, expected);
    assert.deepEqual([host.shown, written], [[], []]);
  });

  test('goes to the cell that owns the caller, where no callback takes it', async (t) => {
    const { host, request } = newDispatch(t);
    const area = {};
    const heard = [];
    const promise = request('run', {}, { area, onStream: (content) => heard.push(content) });
    host.last.busy().output('stream', stream).output('display_data', display).result(1).over();
    await promise;
    assert.deepEqual(heard, [stream]);
    assert.deepEqual(
      host.shown.map(({ message }) => message.content),
      [display],
    );
  });

  test('goes to the console as a last resort', async (t) => {
    const { host, request, written } = newDispatch(t);
    const promise = request('run', {});
    host.last.busy().output('stream', stream).output('display_data', display).result(1).over();
    await promise;
    assert.deepEqual(written, [
      ['log', 'a'],
      ['log', 'd'],
    ]);
  });

  test('goes to onDisplay only if it is a display', async (t) => {
    const { host, request } = newDispatch(t);
    const area = {};
    const promise = request('run', {}, { area, onDisplay: () => assert.fail() });
    host.last.busy().output('clear_output', { wait: false }).result(1).over();
    await promise;
    assert.equal(host.shown[0].message.header.msg_type, 'clear_output');
  });

  test('is not lost because the call has settled', async (t) => {
    const { host, request } = newDispatch(t);
    const heard = [];
    const promise = request('run', {}, { onStream: ({ text }) => heard.push(text) });
    host.last.busy().result(1).output('stream', stream).over();
    await promise;
    assert.deepEqual(heard, ['a']);
  });

  test('survives a callback that throws, and so does the call', async (t) => {
    const { host, request, written } = newDispatch(t);
    const fail = () => {
      throw new Error('mine');
    };
    const promise = request('run', {}, { onStream: fail, onDisplay: fail, onItem: fail });
    host.last.busy().output('stream', stream).output('display_data', display).items(1);
    host.last.result(5).over();
    assert.equal(await promise, 5);
    assert.equal(written.length, 3);
  });

  test('an error that pybridge is missing is told once, by the promise', async (t) => {
    const { host, request, written } = newDispatch(t);
    const promise = request('run', {});
    const error = { ename: 'ModuleNotFoundError', evalue: 'e', traceback: ['t'] };
    host.last
      .busy()
      .output('error', error)
      .over({ status: 'error', ...error });
    await settled();
    host.last.over();
    assert.equal((await refusal(promise)).code, 'not-installed');
    assert.deepEqual(written, []);
  });
});

describe('items', () => {
  test('go to onItem as they come', async (t) => {
    const { host, request } = newDispatch(t);
    const got = [];
    const promise = request('call', {}, { onItem: (item) => got.push(item) });
    host.last.busy().items(1, 2);
    assert.deepEqual(got, [1, 2]);
    host.last.items(3).result('end').over();
    assert.equal(await promise, 'end');
    assert.deepEqual(got, [1, 2, 3]);
  });

  test('go to a loop, and the result to the promise', async (t) => {
    const { host, request } = newDispatch(t);
    const call = request('call', {});
    host.last.busy().items(1, 2).items(3).result('end').over();
    const got = [];
    for await (const item of call) got.push(item);
    assert.deepEqual(got, [1, 2, 3]);
    assert.equal(await call, 'end');
    assert.deepEqual(host.controls, []);
  });

  test('before an error are given, and then it is thrown', async (t) => {
    const { host, request } = newDispatch(t);
    const call = request('call', {});
    host.last.busy().items(1).error('python', { message: 'enough' }).over();
    const got = [];
    const looped = (async () => {
      for await (const item of call) got.push(item);
    })();
    await assert.rejects(looped, { name: 'PythonError', message: 'enough' });
    assert.deepEqual(got, [1]);
  });

  test('end when the loop is left: the call is cancelled in Python', async (t) => {
    const { host, request } = newDispatch(t);
    const call = request('call', {});
    const { id } = host.last.request;
    host.last.busy().items(1);
    for await (const item of call) {
      assert.equal(item, 1);
      break;
    }
    assert.deepEqual(host.controls, [{ type: 'pybridge_cancel_request', content: { id } }]);
    assert.equal((await refusal(call)).code, 'cancelled');
  });

  test('that come after the call was cancelled are dropped', async (t) => {
    const { host, request } = newDispatch(t);
    const got = [];
    const call = request('call', {}, { onItem: (item) => got.push(item) });
    host.last.busy().items(1);
    call.cancel();
    host.last.items(2);
    assert.equal((await refusal(call)).code, 'cancelled');
    assert.deepEqual(got, [1]);
  });

  test('of a call that the kernel’s end ends throw in the loop', async (t) => {
    const { host, request } = newDispatch(t);
    const call = request('call', {});
    const looped = (async () => {
      for await (const _ of call) assert.fail('no item');
    })();
    host.lose('dead');
    await assert.rejects(looped, { code: 'dead' });
  });
});

describe('cancelling', () => {
  for (const way of ['cancel', 'signal']) {
    test(`by ${way} takes a call that waits out of the queue`, async (t) => {
      const { host, request } = newDispatch(t, 'connecting');
      const abort = new AbortController();
      const call = request('run', {}, { signal: abort.signal });
      if (way === 'cancel') call.cancel();
      else abort.abort();
      assert.equal((await refusal(call)).code, 'cancelled');
      host.connect();
      assert.deepEqual([host.sent, host.controls], [[], []]);
    });

    test(`by ${way} tells the kernel of a call that was sent`, async (t) => {
      const { host, request } = newDispatch(t);
      const abort = new AbortController();
      const call = request('run', {}, { signal: abort.signal });
      const { id } = host.last.request;
      if (way === 'cancel') call.cancel();
      else abort.abort();
      assert.equal((await refusal(call)).code, 'cancelled');
      assert.deepEqual(host.controls, [{ type: 'pybridge_cancel_request', content: { id } }]);
      host.last.busy().error('cancelled').over();
    });
  }

  test('before it begins sends nothing', async (t) => {
    const { host, request } = newDispatch(t);
    const error = await refusal(request('run', {}, { signal: AbortSignal.abort() }));
    assert.equal(error.code, 'cancelled');
    assert.deepEqual(host.sent, []);
  });

  test('because of a timeout tells the kernel too', async (t) => {
    const { host, request, tick } = newDispatch(t);
    const call = request('run', {}, { timeout: 10 });
    host.last.busy();
    tick(10);
    assert.equal((await refusal(call)).code, 'timeout');
    assert.equal(host.controls.length, 1);
  });

  test('a call that is done does nothing', async (t) => {
    const { host, request } = newDispatch(t);
    const call = request('run', {});
    host.last.answer(5);
    assert.equal(await call, 5);
    call.cancel();
    assert.equal(await call, 5);
    assert.deepEqual(host.controls, []);
  });
});

describe('an upload', () => {
  /** Bytes that differ from place to place. */
  const pattern = (size) => Uint8Array.from({ length: size }, (_, i) => (i * 31) ^ (i >> 11));

  /** Answer pieces as they come, until the call itself is there; give them. */
  async function pieces(host, { lose = () => false } = {}) {
    const got = [];
    for (let at = 0; ; at++) {
      await settled();
      const sent = host.sent[at];
      if (!sent) assert.fail(`no message ${at}`);
      const { literal } = sent;
      if (literal.startsWith('{"at"')) return { got, envelope: JSON.parse(literal), call: sent };
      if (lose(at, sent)) continue;
      got.push({ ...JSON.parse(literal), data: sent.message.buffers[0] });
      sent.answer(null);
    }
  }

  function assembled(got) {
    const whole = new Uint8Array(got[0].total);
    for (const { data, offset } of got) whole.set(new Uint8Array(data), offset);
    return whole.buffer;
  }

  function check({ got, envelope }, codec, expected) {
    assert.equal(envelope.pieces, new Set(got.map(({ offset }) => offset)).size);
    assert.ok(got.every(({ data }) => data.byteLength <= PIECE));
    assert.ok(got.every(({ upload }) => upload === envelope.upload));
    const whole = assembled(got);
    let start = 0;
    const [json, ...buffers] = envelope.sizes.map((size) => {
      start += size;
      return new DataView(whole, start - size, size);
    });
    assert.equal(start, whole.byteLength);
    const { args } = codec.decode(new TextDecoder().decode(json), buffers);
    for (const [i, arg] of args.entries()) assert.ok(Buffer.from(arg).equals(expected[i]));
  }

  test('of a large request goes in pieces that add up to it', async (t) => {
    const { host, request, codec, version } = newDispatch(t);
    const args = [pattern(PIECE + 5), new Uint8Array(), pattern(2 * PIECE - 7), pattern(3)];
    const promise = request('call', { args });
    const uploaded = await pieces(host);
    for (const { protocol } of [...uploaded.got, uploaded.envelope])
      assert.equal(protocol, version.PROTOCOL);
    check(uploaded, codec, args);
    uploaded.call.answer('done');
    assert.equal(await promise, 'done');
  });

  test('is needed as soon as a message would be too large, counted in bytes', async (t) => {
    const { host, request } = newDispatch(t);
    const small = request('call', { args: [pattern(PIECE - 1000)] });
    assert.equal(host.sent.length, 1);
    host.last.answer(1);
    await small;
    host.sent.length = 0;
    // Three bytes each in UTF-8, and so more than their count.
    const promise = request('run', { code: '漢'.repeat(PIECE / 2) });
    const uploaded = await pieces(host);
    assert.equal(uploaded.got.length, 2);
    uploaded.call.answer(2);
    assert.equal(await promise, 2);
  });

  test('has two pieces on the way at a time', async (t) => {
    const { host, request } = newDispatch(t);
    const promise = request('call', { args: [pattern(5 * PIECE)] });
    await settled();
    assert.equal(host.sent.length, 2);
    host.sent[1].answer(null);
    await settled();
    assert.equal(host.sent.length, 3);
    host.lose('dead');
    assert.equal((await refusal(promise)).code, 'dead');
  });

  test('tells that its pieces wait for a busy kernel, once for both on the way', async (t) => {
    const { host, request, tick } = newDispatch(t);
    const waits = [];
    const onBusy = (waited) => waits.push(waited > 0);
    const promise = request('call', { args: [pattern(2 * PIECE)] }, { onBusy });
    await settled();
    tick(1000);
    assert.deepEqual(waits, [true]);
    const { call } = await pieces(host);
    assert.deepEqual(waits, [true, false]);
    call.answer('done');
    assert.equal(await promise, 'done');
  });

  test('sends a piece again that was aborted', async (t) => {
    const { host, request, codec, tick } = newDispatch(t);
    const args = [pattern(3 * PIECE)];
    const promise = request('call', { args });
    const uploaded = await pieces(host, {
      lose(at, sent) {
        if (at !== 1) return false;
        sent.over({ status: 'aborted' });
        tick(50);
        return true;
      },
    });
    check(uploaded, codec, args);
    uploaded.call.answer('done');
    assert.equal(await promise, 'done');
  });

  test('that fails in one piece ends at once, with its error', async (t) => {
    const { host, request, calls } = newDispatch(t);
    const promise = request('call', { args: [pattern(9 * PIECE)] });
    await settled();
    host.sent[0].busy().error('too-large').over();
    assert.equal((await refusal(promise)).code, 'too-large');
    host.sent[1].answer(null);
    await settled();
    // The kernel is told to forget what it has.
    assert.equal(host.sent.length, 3);
    assert.equal(JSON.parse(host.last.literal).op, 'upload.drop');
    host.last.answer(null);
    await settled();
    assert.deepEqual(calls.load, { queued: 0, underWay: 0 });
  });

  test('can be cancelled', async (t) => {
    const { host, request } = newDispatch(t);
    const call = request('call', { args: [pattern(9 * PIECE)] });
    await settled();
    call.cancel();
    assert.equal((await refusal(call)).code, 'cancelled');
    for (const sent of [...host.sent]) sent.answer(null);
    await settled();
    assert.equal(host.sent.length, 3);
    assert.equal(JSON.parse(host.last.literal).op, 'upload.drop');
  });

  test('whose call is lost is forgotten by the kernel', async (t) => {
    const { host, request } = newDispatch(t);
    const promise = request('call', { args: [pattern(2 * PIECE)] });
    const { call } = await pieces(host);
    call.over({ status: 'aborted' });
    assert.equal((await refusal(promise)).code, 'aborted');
    await settled();
    assert.equal(JSON.parse(host.last.literal).op, 'upload.drop');
  });

  test('of a repeatable call is sent again as a whole', async (t) => {
    const { host, request, codec } = newDispatch(t);
    const args = [pattern(2 * PIECE)];
    const promise = request('call', { args }, { repeatable: true });
    const first = await pieces(host);
    first.call.over({ status: 'aborted' });
    await settled();
    host.sent.splice(0, host.sent.indexOf(first.call) + 1);
    const second = await pieces(host);
    check(second, codec, args);
    second.call.answer('done');
    assert.equal(await promise, 'done');
  });

  test('counts towards the call’s timeout', async (t) => {
    const { host, request, tick } = newDispatch(t);
    let now = 0;
    t.mock.method(performance, 'now', () => now);
    const promise = refusal(request('call', { args: [pattern(PIECE)] }, { timeout: 100 }));
    await settled();
    now = 60;
    tick(60);
    host.sent[0].answer(null);
    host.sent[1].answer(null);
    await settled();
    assert.equal(JSON.parse(host.last.literal).at, 'upload');
    tick(39);
    await settled();
    assert.deepEqual(host.controls, []);
    tick(1);
    const { code, message } = await promise;
    assert.equal(code, 'timeout');
    assert.match(message, / 100 ms/);
    assert.equal(host.controls.length, 1);
  });
});

describe('what the kernel tells every page', () => {
  test('is decoded for who listens by that name, until the end', (t) => {
    const { host, subscribe } = newDispatch(t);
    const heard = [];
    const stop = subscribe('name', (value) => heard.push(value));
    host.hearers.get('name')('{"a":{"$":"bytes","b":0}}', [new DataView(new ArrayBuffer(1))]);
    assert.deepEqual(heard, [{ a: new Uint8Array(1) }]);
    stop();
    assert.equal(host.hearers.has('name'), false);
  });
});

describe('what a request lends to Python', () => {
  const lent = (codec) => new codec.Ref(() => {});

  test('is Python’s as soon as it has the request', async (t) => {
    const { host, request, references, codec } = newDispatch(t);
    const promise = request('call', { args: [lent(codec)] });
    assert.equal(references.load.given, 1);
    host.last.answer(null);
    await promise;
    assert.equal(references.load.given, 1);
  });

  test('is taken back when the kernel drops the request', async (t) => {
    const { host, request, references, codec } = newDispatch(t);
    const promise = request('call', { args: [lent(codec)] });
    host.last.over({ status: 'aborted' });
    assert.equal((await refusal(promise)).code, 'aborted');
    assert.equal(references.load.given, 0);
  });

  test('is taken back when the request is never sent', async (t) => {
    const { request, references, codec } = newDispatch(t, 'connecting');
    const call = request('call', { args: [lent(codec)] });
    call.cancel();
    assert.equal((await refusal(call)).code, 'cancelled');
    assert.equal(references.load.given, 0);
  });

  test('is taken back when the rest cannot be sent', async (t) => {
    const { request, references, codec } = newDispatch(t);
    const promise = request('call', { args: [lent(codec), Symbol('no value')] });
    assert.equal((await refusal(promise)).code, 'not-serializable');
    assert.equal(references.load.given, 0);
  });

  test('stays when the connection is lost: Python may have it', async (t) => {
    const { host, request, references, codec } = newDispatch(t);
    const promise = request('call', { args: [lent(codec)] });
    host.lose('disconnected');
    assert.equal((await refusal(promise)).code, 'disconnected');
    assert.equal(references.load.given, 1);
  });
});

describe('items on a bad way', () => {
  const items = (first, ...values) => ({ kind: 'items', first, values });

  test('are given once, though their message comes twice', async (t) => {
    const { host, request } = newDispatch(t);
    const seen = [];
    const promise = request('call', {}, { onItem: (item) => seen.push(item) });
    for (const reply of [items(0, 'a'), items(0, 'a'), items(1, 'b', 'c'), items(1, 'b', 'c')]) {
      host.last.say(reply);
    }
    host.last.say({ kind: 'result', value: 5, items: 3 }).over();
    assert.equal(await promise, 5);
    assert.deepEqual(seen, ['a', 'b', 'c']);
  });

  test('are missed, in between', async (t) => {
    const { host, request } = newDispatch(t);
    const promise = request('call', {}, { onItem() {} });
    host.last.say(items(0, 'a')).say(items(2, 'c'));
    assert.equal((await refusal(promise)).code, 'lost-reply');
    // A generator may have no end.
    assert.deepEqual(host.controls, [
      { type: 'pybridge_cancel_request', content: { id: host.last.request.id } },
    ]);
  });

  test('are missed at the end', async (t) => {
    const { host, request } = newDispatch(t);
    const promise = request('call', {}, { onItem() {} });
    host.last.say(items(0, 'a')).say({ kind: 'result', value: 5, items: 2 });
    assert.equal((await refusal(promise)).code, 'lost-reply');
  });
});
