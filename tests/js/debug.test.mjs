/** What `pybridge.debug` says, with a host on which the test plays the kernel. */

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';

import { newPage } from './amd.mjs';
import { FakeHost, settled } from './fake_host.mjs';
import { FakeStorage } from './fake_storage.mjs';

const KEY = 'pybridge.debug.log';
const PAUSE = 50;

beforeEach(() => {
  Object.defineProperty(globalThis, 'sessionStorage', {
    configurable: true,
    value: new FakeStorage(),
  });
});
afterEach(() => {
  delete globalThis.sessionStorage;
});

/** A page with its bridge, whose console the test reads; time stands still. */
async function open(t) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const host = new FakeHost();
  const load = newPage({ host });
  const lines = [];
  t.mock.method(console, 'log', (...words) => void lines.push(words.join(' ')));
  const { snapshot } = load('debug');
  return { host, load, snapshot, lines, py: await load('bridge').connect() };
}

/** What becomes of a promise is none of this test's business. */
const ignore = (promise) => void promise.catch(() => {});

describe('a snapshot', () => {
  test('of a page that has just loaded is empty', async (t) => {
    const { snapshot, load } = await open(t);
    const { latency, ...rest } = JSON.parse(JSON.stringify(snapshot()));
    assert.deepEqual(rest, {
      version: load('version').VERSION,
      kernel: 'connected',
      subshell: null,
      inFlight: 0,
      queued: 0,
      calls: [],
      settled: 0,
      dropped: 0,
      retried: 0,
      errors: {},
      pyProxies: 0,
      jsProxies: 0,
      models: 0,
      comms: 0,
      mounted: 0,
    });
    assert.equal(latency.count, 0);
  });

  test('names what is under way and what waits, without its values', async (t) => {
    const { snapshot, host, py } = await open(t);
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    for (const name of names) ignore(py.globals.set(name, 'secret'));
    ignore(py.handle('sim').step('secret'));
    ignore(py.runPython('secret'));
    await settled();
    host.sent[0].busy();
    const { inFlight, queued, calls } = snapshot();
    assert.deepEqual({ inFlight, queued }, { inFlight: 8, queued: 1 });
    assert.deepEqual(
      calls.map(({ what }) => what),
      [...names.map((name) => `globals.set ${name}`), 'call sim.step', 'run'],
    );
    assert.deepEqual(
      [0, 1, 8].map((i) => calls[i].state),
      ['running', 'sent', 'queued'],
    );
    assert.ok(calls.every(({ lane, age }) => lane === 'main' && age >= 0));
    assert.equal(new Set(calls.map(({ number }) => number)).size, 9);
  });

  test('tells of what the caller has, and the kernel is not done with', async (t) => {
    const { snapshot, host, py } = await open(t);
    const answered = py.handle('f')();
    await settled();
    host.last.busy().result(5);
    assert.equal(await answered, 5);
    assert.deepEqual(
      snapshot().calls.map(({ what, state }) => [what, state]),
      [['call f', 'settled']],
    );
    host.last.over();
    const { inFlight, settled: count, latency } = snapshot();
    assert.deepEqual([inFlight, count, latency.count], [0, 1, 1]);
  });

  test('counts errors by their code', async (t) => {
    const { snapshot, host, py } = await open(t);
    const codes = ['no-handle', 'python', 'no-handle', 'python', 'bad-argument'];
    for (const code of codes) {
      const call = py.handle('f')();
      await settled();
      host.last.busy().error(code).over();
      await assert.rejects(call);
    }
    assert.deepEqual(snapshot().errors, { 'no-handle': 2, python: 2, 'bad-argument': 1 });
    assert.equal(snapshot().settled, 5);
  });

  test('counts a call once that was given up and is answered then', async (t) => {
    const { snapshot, host, py } = await open(t);
    const call = py.handle('f')();
    await settled();
    host.last.busy();
    call.cancel();
    await assert.rejects(call);
    host.last.result(5).over();
    const { settled: count, errors, dropped } = snapshot();
    assert.deepEqual([count, errors, dropped], [1, { cancelled: 1 }, 0]);
  });

  test('counts as dropped what was taken back before the kernel began', async (t) => {
    const { snapshot, host, py } = await open(t);
    const [sent, queued] = Array.from({ length: 9 }, () => py.handle('f')()).filter(
      (_, i) => i === 0 || i === 8,
    );
    await settled();
    for (const call of [sent, queued]) {
      call.cancel();
      await assert.rejects(call);
    }
    const now = snapshot();
    assert.deepEqual([now.dropped, now.errors], [2, { cancelled: 2 }]);
    // What was never sent says nothing about the way.
    assert.equal(now.latency.count, 1);
    assert.equal(host.sent.length, 8);
  });

  test('counts what was sent again', async (t) => {
    const { snapshot, host, py } = await open(t);
    const call = py.globals.has('x');
    await settled();
    host.last.over({ status: 'aborted' });
    t.mock.timers.tick(PAUSE);
    assert.equal(snapshot().retried, 1);
    host.lose('disconnected');
    host.connect();
    assert.equal(snapshot().retried, 2);
    host.last.answer(true);
    assert.equal(await call, true);
    assert.deepEqual(snapshot().errors, {});
  });

  test('counts what each side holds of the other', async (t) => {
    const { snapshot, host, py } = await open(t);
    const call = py.handle('f')(() => {});
    await settled();
    host.last.answer({ $: 'py', id: 'p-1', type: 'range', can: 'il' });
    const proxy = await call;
    assert.ok(py.isPyProxy(proxy));
    const { pyProxies, jsProxies } = snapshot();
    assert.deepEqual([pyProxies, jsProxies], [1, 1]);
  });

  test('counts comms and models', async (t) => {
    const { snapshot, host, py, load } = await open(t);
    const opening = py.comm('echo');
    await settled();
    host.last.over();
    const comm = await opening;
    load('models').pageModel('m-1');
    assert.deepEqual([snapshot().comms, snapshot().models], [1, 1]);
    ignore(comm.close());
    assert.equal(snapshot().comms, 0);
  });

  test('is another one each time', async (t) => {
    const { snapshot, host, py } = await open(t);
    const before = snapshot();
    const call = py.handle('f')();
    await settled();
    host.last.answer(1);
    await call;
    assert.deepEqual([before.settled, snapshot().settled], [0, 1]);
  });

  test('is a table as text', async (t) => {
    const { snapshot, host, py } = await open(t);
    const call = py.handle('f')();
    await settled();
    host.last.busy().error('no-handle').over();
    await assert.rejects(call);
    ignore(py.handle('sim').step());
    await settled();
    const text = `${snapshot()}`;
    assert.match(text, /^in flight +1$/m);
    assert.match(text, /call sim\.step \(main lane\), sent/);
    assert.match(text, /^errors +no-handle 1$/m);
    assert.match(text, /^ +up to [\d.]+ ms +#{30} 1$/m);
  });
});

describe('the console', () => {
  test('hears nothing by default', async (t) => {
    const { snapshot, host, py, lines } = await open(t);
    const call = py.handle('f')();
    await settled();
    host.last.busy().error('no-handle').over();
    await assert.rejects(call);
    host.lose('disconnected');
    assert.deepEqual([snapshot().log, lines], [false, []]);
  });

  test('is told what becomes of each call when it is asked for', async (t) => {
    const { snapshot, host, py, lines } = await open(t);
    snapshot().log = true;
    const call = py.handle('sim').step('secret');
    await settled();
    host.last.busy().error('no-handle').over();
    await assert.rejects(call);
    host.lose('restarted');
    assert.equal(lines.length, 3);
    assert.match(lines[0], /^pybridge: #\d+ call sim\.step \(main lane\) sent$/);
    assert.match(
      lines[1],
      /^pybridge: #\d+ call sim\.step \(main lane\) no-handle after [\d.]+ ms$/,
    );
    assert.match(lines[2], /^pybridge: the kernel: lost restarted$/);
    assert.ok(!lines.some((line) => line.includes('secret')));
    snapshot().log = false;
    host.connect();
    assert.equal(lines.length, 3);
  });

  test('is told again after the page was loaded again', async (t) => {
    const { snapshot } = await open(t);
    snapshot().log = true;
    assert.ok(sessionStorage.entries.has(KEY));
    assert.equal(newPage({ host: new FakeHost() })('debug').snapshot().log, true);
    snapshot().log = false;
    assert.equal(newPage({ host: new FakeHost() })('debug').snapshot().log, false);
  });

  test('can be told where the browser keeps nothing', async (t) => {
    Object.defineProperty(globalThis, 'sessionStorage', {
      configurable: true,
      get() {
        throw new DOMException('denied', 'SecurityError');
      },
    });
    const { snapshot, host, lines } = await open(t);
    snapshot().log = true;
    host.lose('disconnected');
    assert.match(lines.at(-1), /lost disconnected/);
  });
});
