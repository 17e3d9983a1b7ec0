/** `py.execute`: code in the kernel's own language, and callbacks for all that comes back. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { newPage } from './amd.mjs';
import { FakeHost, settled } from './fake_host.mjs';

function newExecute(t, state) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const written = [];
  for (const method of ['log', 'warn', 'error']) {
    t.mock.method(console, method, (...args) => void written.push([method, ...args]));
  }
  const host = new FakeHost(state);
  const load = newPage({ host });
  const { execute } = load('execute');
  return {
    host,
    written,
    errors: load('errors'),
    tick: (ms) => t.mock.timers.tick(ms),
    execute: (code, callbacks = {}, options = {}, area = null) =>
      execute(code, callbacks, options, area),
  };
}

const refusal = (promise) =>
  promise.then(
    (value) => assert.fail(`not refused: ${JSON.stringify(value)}`),
    (error) => error,
  );

const FAILED = { status: 'error', ename: 'ValueError', evalue: 'v', traceback: ['a', 'b'] };

const MESSAGES = [
  ['stream', { name: 'stdout', text: 'a' }, 'stream'],
  ['display_data', { data: { 'text/plain': 'd' } }, 'display'],
  ['update_display_data', { data: { 'text/plain': 'u' } }, 'display'],
  ['execute_result', { data: { 'text/plain': 'r' } }, 'result'],
  ['error', { ename: 'E', evalue: 'v', traceback: [] }, 'error'],
  ['clear_output', { wait: true }, 'clear'],
];

describe('the message', () => {
  test('is the code as it stands, and by default leaves the user’s work alone', async (t) => {
    const { host, execute } = newExecute(t);
    const promise = execute('1 +\n "\u2028"');
    assert.deepEqual(host.last.message, {
      code: '1 +\n "\u2028"',
      silent: false,
      storeHistory: false,
      stopOnError: false,
      allowStdin: false,
    });
    host.last.over({ status: 'ok', execution_count: 3 });
    assert.deepEqual(await promise, { status: 'ok', execution_count: 3 });
  });

  test('follows the options', (t) => {
    const { host, execute } = newExecute(t);
    const options = { silent: true, storeHistory: true, stopOnError: true };
    execute('', { input: () => '' }, options);
    const { code, ...rest } = host.last.message;
    assert.deepEqual(rest, { ...options, allowStdin: true });
    host.last.over();
  });

  test('is refused when the code is more than a message can hold', async (t) => {
    const { host, execute } = newExecute(t);
    assert.equal((await refusal(execute('#'.repeat(3 * 2 ** 20)))).code, 'too-large');
    assert.deepEqual(host.sent, []);
  });
});

describe('output', () => {
  for (const [type, content, callback] of MESSAGES) {
    test(`of the type ${type} goes to ${callback} and to output, and nowhere else`, async (t) => {
      const { host, execute, written } = newExecute(t);
      const heard = [];
      const one = (...args) => heard.push(args);
      const promise = execute('', { [callback]: one, output: (...args) => heard.push(args) });
      host.last.busy().output(type, content).over();
      await promise;
      assert.deepEqual(heard, [
        [type, content, []],
        [content, type],
      ]);
      assert.deepEqual([host.shown, written], [[], []]);
    });

    test(`of the type ${type} is shown in the caller’s cell when nobody takes it`, async (t) => {
      const { host, execute } = newExecute(t);
      const area = {};
      const other = callback === 'stream' ? 'display' : 'stream';
      const promise = execute('', { [other]: () => assert.fail() }, {}, area);
      host.last.busy().output(type, content).over();
      await promise;
      assert.equal(host.shown.length, 1);
      assert.deepEqual([host.shown[0].area, host.shown[0].message.content], [area, content]);
    });
  }

  test('is not shown where the one function for all of it takes it', async (t) => {
    const { host, execute, written } = newExecute(t);
    const types = [];
    const promise = execute('', { output: (type) => types.push(type) });
    for (const [type, content] of MESSAGES) host.last.output(type, content);
    host.last.over();
    await promise;
    assert.deepEqual(
      types,
      MESSAGES.map(([type]) => type),
    );
    assert.deepEqual([host.shown, written], [[], []]);
  });

  test('comes with its buffers', async (t) => {
    const { host, execute } = newExecute(t);
    const buffer = new DataView(new ArrayBuffer(2));
    let got;
    const promise = execute('', { output: (_type, _content, buffers) => (got = buffers) });
    host.last.busy().output('display_data', { data: {} }, [buffer]).over();
    await promise;
    assert.deepEqual(got, [buffer]);
  });

  test('and status survive callbacks that throw', async (t) => {
    const { host, execute, written } = newExecute(t);
    const fail = () => {
      throw new Error('mine');
    };
    const promise = execute('', { stream: fail, output: fail, status: fail });
    host.last.busy().output('stream', { name: 'stdout', text: 'a' }).over();
    assert.deepEqual(await promise, { status: 'ok' });
    assert.equal(written.length, 4);
  });

  test('status is told', async (t) => {
    const { host, execute } = newExecute(t);
    const states = [];
    const promise = execute('', { status: (state) => states.push(state) });
    host.last.busy().over();
    await promise;
    assert.deepEqual(states, ['busy', 'idle']);
  });
});

describe('an error', () => {
  test('of the code is a PythonError', async (t) => {
    const { host, execute, errors } = newExecute(t);
    const promise = execute('');
    host.last.busy().over(FAILED);
    const error = await refusal(promise);
    assert.ok(error instanceof errors.PythonError);
    assert.deepEqual([error.type, error.message, error.traceback], ['ValueError', 'v', 'a\nb']);
  });

  test('of another language without any detail is one too', async (t) => {
    const { host, execute, errors } = newExecute(t);
    const promise = execute('');
    host.last.busy().over({ status: 'error' });
    assert.ok((await refusal(promise)) instanceof errors.PythonError);
  });

  test('that is an interrupt says so', async (t) => {
    const { host, execute } = newExecute(t);
    const promise = execute('');
    host.last.busy().over({ ...FAILED, ename: 'KeyboardInterrupt' });
    assert.equal((await refusal(promise)).code, 'interrupted');
  });

  for (const code of ['restarted', 'dead', 'disconnected']) {
    test(`that is the kernel’s end is ${code}`, async (t) => {
      const { host, execute } = newExecute(t);
      const promise = execute('');
      host.last.busy();
      host.lose(code);
      assert.equal((await refusal(promise)).code, code);
    });
  }

  test('that is another cell’s is aborted, and a repeatable run is sent again', async (t) => {
    const { host, execute, tick } = newExecute(t);
    const once = execute('once');
    host.last.over({ status: 'aborted' });
    assert.equal((await refusal(once)).code, 'aborted');
    const again = execute('again', {}, { repeatable: true });
    host.last.over({ status: 'aborted' });
    tick(50);
    host.last.over();
    assert.deepEqual(await again, { status: 'ok' });
    assert.equal(host.sent.length, 3);
  });
});

describe('input', () => {
  const asked = async (t, input) => {
    const { host, execute, written } = newExecute(t);
    const promise = execute('', { input });
    host.last.busy();
    const request = { prompt: 'name? ', password: false };
    host.last.listener.input(request);
    await settled();
    host.last.over();
    await promise;
    return { inputs: host.inputs, written };
  };

  test('is answered with what the callback gives, now or later', async (t) => {
    const got = [];
    const { inputs } = await asked(t, (...args) => {
      got.push(args);
      return 'Ada';
    });
    assert.deepEqual(inputs, ['Ada']);
    assert.deepEqual(got, [['name? ', { prompt: 'name? ', password: false }]]);
    t.mock.reset();
    assert.deepEqual((await asked(t, async () => 'later')).inputs, ['later']);
  });

  test('that the callback does not give is an empty line: Python must not wait for ever', async (t) => {
    const { inputs, written } = await asked(t, () => {
      throw new Error('mine');
    });
    assert.deepEqual(inputs, ['']);
    assert.equal(written.length, 1);
    t.mock.reset();
    assert.deepEqual((await asked(t, () => undefined)).inputs, ['']);
    t.mock.reset();
    assert.deepEqual((await asked(t, () => 5)).inputs, ['5']);
  });
});

describe('giving up', () => {
  test('interrupts the kernel while this very run is on', async (t) => {
    const { host, execute } = newExecute(t);
    const abort = new AbortController();
    const promise = execute('', {}, { signal: abort.signal });
    host.last.busy();
    abort.abort();
    assert.equal((await refusal(promise)).code, 'cancelled');
    assert.equal(host.interrupts, 1);
  });

  test('interrupts nobody else’s run', async (t) => {
    const { host, execute } = newExecute(t);
    const [queued, over] = [new AbortController(), new AbortController()];
    const waits = execute('', {}, { signal: queued.signal });
    queued.abort();
    assert.equal((await refusal(waits)).code, 'cancelled');
    const ends = execute('', {}, { signal: over.signal });
    host.last.busy().idle();
    over.abort();
    assert.equal((await refusal(ends)).code, 'cancelled');
    assert.equal(host.interrupts, 0);
  });

  test('before it began interrupts the kernel once it has run for a moment', async (t) => {
    const { host, execute, tick } = newExecute(t);
    const abort = new AbortController();
    const promise = execute('', {}, { signal: abort.signal });
    abort.abort();
    assert.equal((await refusal(promise)).code, 'cancelled');
    tick(1000);
    assert.equal(host.interrupts, 0);
    host.last.busy();
    tick(200);
    assert.equal(host.interrupts, 1);
    host.last.over({ ...FAILED, ename: 'KeyboardInterrupt' });
  });

  for (const [how, end] of [
    ['is over at once', (host) => host.last.idle()],
    ['ends with its kernel', (host) => host.lose('restarted')],
  ]) {
    test(`before it began interrupts nobody’s next run where it ${how}`, async (t) => {
      const { host, execute, tick } = newExecute(t);
      const promise = execute('', {}, { timeout: 10 });
      tick(10);
      assert.equal((await refusal(promise)).code, 'timeout');
      host.last.busy();
      end(host);
      tick(1000);
      assert.equal(host.interrupts, 0);
    });
  }

  test('after a timeout does so as well', async (t) => {
    const { host, execute, tick } = newExecute(t);
    const promise = execute('', {}, { timeout: 10 });
    host.last.busy();
    tick(10);
    assert.equal((await refusal(promise)).code, 'timeout');
    assert.equal(host.interrupts, 1);
  });
});
