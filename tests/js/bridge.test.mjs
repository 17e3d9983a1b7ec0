/** What a page's author sees: connecting, handles and globals. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { newPage } from './amd.mjs';
import { FakeHost, settled } from './fake_host.mjs';

function newBridge(t, state) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  t.mock.method(console, 'log', () => {});
  const host = new FakeHost(state);
  const bridge = newPage({ host })('bridge');
  // Those of the page itself, which stay.
  const resident = host.listeners.size;
  return { host, ...bridge, resident, tick: (ms) => t.mock.timers.tick(ms) };
}

const refusal = (promise) =>
  promise.then(
    (value) => assert.fail(`not refused: ${value}`),
    (error) => error,
  );

async function newPy(t) {
  const page = newBridge(t);
  return { ...page, py: await page.connect() };
}

/** The request that was sent last, without what all requests have. */
function asked(host) {
  const { id, protocol, version, ...rest } = host.last.request;
  host.last.answer(null);
  return rest;
}

describe('the bars of a call', () => {
  const target = (name) => ({ name, isConnected: true });

  /** A bridge whose bars note where they are put. */
  async function newBarred(t, options) {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const host = new FakeHost();
    const made = [];
    class Bars {
      constructor(put, cancel) {
        made.push({ put, cancel });
      }
      show() {}
      clear() {}
    }
    const putInto = ({ name, isConnected }, bars) => isConnected && bars.push(name);
    host.area = 'area of the caller';
    const { connect } = newPage({ host, bars: { Bars, putInto } })('bridge');
    return { host, py: await connect(options), last: () => made.at(-1) };
  }

  test('are in the element of the call, else in that of the bridge', async (t) => {
    const { py, last, host } = await newBarred(t, { element: target('bridge') });
    for (const [options, name] of [
      [{}, 'bridge'],
      [{ element: target('call') }, 'call'],
    ]) {
      const bars = [];
      py.handle('sim').call('step', [], {}, options);
      last().put(bars);
      assert.deepEqual(bars, [name]);
      host.last.answer();
    }
    await py.scope(async (scope) => {
      const bars = [];
      scope.handle('sim').step();
      last().put(bars);
      assert.deepEqual(bars, ['bridge']);
      host.last.answer();
    });
  });

  test('are below the output of the cell that owns the caller, without an element', async (t) => {
    const { py, last, host } = await newBarred(t);
    py.handle('sim').step();
    assert.equal(last().put('bars'), true);
    assert.deepEqual(host.below, [['area of the caller', 'bars']]);
    host.last.answer();
  });

  test('are nowhere when the element has left the page', async (t) => {
    const { py, last, host } = await newBarred(t, {
      element: { name: 'gone', isConnected: false },
    });
    py.handle('sim').step();
    assert.equal(last().put([]), false);
    host.last.answer();
  });

  test('cancel the call', async (t) => {
    const { py, last, host } = await newBarred(t);
    const promise = py.handle('sim').step();
    last().cancel();
    assert.equal((await refusal(promise)).code, 'cancelled');
    assert.equal(host.controls.at(-1).type, 'pybridge_cancel_request');
  });
});

describe('connecting', () => {
  test('is done at once where there is a connection', async (t) => {
    const { host, connect, resident } = newBridge(t);
    await connect();
    assert.equal(host.listeners.size, resident);
  });

  test('waits for one', async (t) => {
    const { host, connect, resident, tick } = newBridge(t, 'no-kernel');
    let py;
    connect().then((bridge) => {
      py = bridge;
    });
    tick(59_999);
    await settled();
    assert.equal(py, undefined);
    host.connect();
    await settled();
    assert.equal(typeof py.handle, 'function');
    assert.equal(host.listeners.size, resident);
  });

  for (const [state, code] of [
    ['no-kernel', 'no-kernel'],
    ['connecting', 'disconnected'],
  ]) {
    test(`to a kernel that stays ${state} fails in the end with ${code}`, async (t) => {
      const { host, connect, resident, tick } = newBridge(t, state);
      const promise = connect({ timeout: 100 });
      tick(100);
      const error = await refusal(promise);
      assert.equal(error.code, code);
      assert.ok(error.message);
      assert.equal(host.listeners.size, resident);
    });
  }

  test('without a bound waits for ever', async (t) => {
    const { host, connect, tick } = newBridge(t, 'connecting');
    const promise = connect({ timeout: Infinity });
    tick(1e9);
    host.connect();
    assert.ok(await promise);
  });

  test('to a dead kernel fails at once, and when it dies', async (t) => {
    const { host, connect } = newBridge(t, 'connecting');
    const promise = connect();
    host.lose('dead');
    assert.equal((await refusal(promise)).code, 'dead');
    assert.equal((await refusal(connect())).code, 'dead');
  });

  test('can be cancelled, before and while', async (t) => {
    const { host, connect, resident } = newBridge(t, 'connecting');
    const reason = new Error('enough');
    const abort = new AbortController();
    const promise = connect({ signal: abort.signal });
    abort.abort(reason);
    const error = await refusal(promise);
    assert.deepEqual([error.code, error.cause], ['cancelled', reason]);
    assert.equal((await refusal(connect({ signal: abort.signal }))).code, 'cancelled');
    assert.equal(host.listeners.size, resident);
  });
});

describe('a handle', () => {
  test('calls methods by name', async (t) => {
    const { host, py } = await newPy(t);
    py.handle('sim').step(10, 'a');
    assert.deepEqual(asked(host), {
      op: 'call',
      name: 'sim',
      method: 'step',
      args: [10, 'a'],
      kwargs: {},
    });
  });

  test('calls with keywords by call', async (t) => {
    const { host, py } = await newPy(t);
    py.handle('sim').call('step', [10], { dt: 0.1 });
    const { method, args, kwargs } = asked(host);
    assert.deepEqual([method, args, kwargs], ['step', [10], { dt: 0.1 }]);
    py.handle('sim').call('reset');
    assert.deepEqual(asked(host).args, []);
  });

  test('of a function is one', async (t) => {
    const { host, py } = await newPy(t);
    const promise = py.handle('f')(1, 2);
    const { method, args } = host.last.request;
    assert.deepEqual([method, args], [null, [1, 2]]);
    host.last.answer(3);
    assert.equal(await promise, 3);
  });

  test('is not thenable, and can be awaited and returned', async (t) => {
    const { host, py } = await newPy(t);
    const handle = py.handle('sim');
    assert.equal(handle.then, undefined);
    assert.equal(await handle, handle);
    assert.deepEqual(host.sent, []);
  });

  test('cannot be assigned to', async (t) => {
    const { py } = await newPy(t);
    const handle = py.handle('sim');
    assert.throws(() => {
      handle.speed = 1;
    }, /speed cannot be set/);
  });

  test('is nothing that JavaScript takes for something else', async (t) => {
    const { host, py } = await newPy(t);
    const handle = py.handle('sim');
    for (const name of ['then', 'toJSON', 'constructor', 'prototype', 'valueOf', '__proto__']) {
      assert.equal(handle[name], undefined, name);
    }
    assert.equal(JSON.stringify({ handle }), '{}');
    assert.equal(`${handle}`, '[pybridge handle sim]');
    assert.equal(String(handle), '[pybridge handle sim]');
    assert.equal(handle.handleName, 'sim');
    assert.equal(typeof handle, 'function');
    assert.equal(handle[Symbol.iterator], undefined);
    assert.deepEqual(host.sent, []);
  });

  test('reaches methods by any name through call', async (t) => {
    const { host, py } = await newPy(t);
    const names = [
      'then',
      'toJSON',
      'constructor',
      '__proto__',
      '__class__',
      'call',
      '',
      'a\n"b',
      '\0',
    ];
    for (const name of names) {
      py.handle('sim').call(name);
      assert.equal(asked(host).method, name);
    }
  });

  test('has methods with the names of functions’ own', async (t) => {
    const { host, py } = await newPy(t);
    for (const name of ['name', 'length', 'apply', 'bind', 'arguments', 'caller']) {
      py.handle('sim')[name](1);
      assert.equal(asked(host).method, name);
    }
  });

  test('may have any name', async (t) => {
    const { host, py } = await newPy(t);
    for (const name of [
      '',
      'a b',
      'it\'s "x"',
      'a\nb',
      '\0',
      '\u{1f600}',
      '\ud800',
      '__class__',
      'then',
    ]) {
      py.handle(name).f();
      assert.equal(asked(host).name, name);
    }
  });

  test('passes options on', async (t) => {
    const { host, py, tick } = await newPy(t);
    const items = [];
    const onItem = (item) => items.push(item);
    const promise = py.handle('sim').call('step', [], {}, { onItem, timeout: 10 });
    host.last.busy().items(1);
    tick(10);
    assert.equal((await refusal(promise)).code, 'timeout');
    assert.deepEqual(items, [1]);
  });

  test('gives a call that can be cancelled and looped over', async (t) => {
    const { host, py } = await newPy(t);
    const call = py.handle('sim').count();
    host.last.busy().items('a').result(null).over();
    for await (const item of call) assert.equal(item, 'a');
    const other = py.handle('sim').count();
    other.cancel();
    assert.equal((await refusal(other)).code, 'cancelled');
  });
});

describe('globals and code', () => {
  test('ask for what they say', async (t) => {
    const { host, py } = await newPy(t);
    const evil = '\'; import os; os.system("x")';
    py.globals.get('a');
    assert.deepEqual(asked(host), { op: 'globals.get', name: 'a' });
    py.globals.set('a', evil);
    assert.deepEqual(asked(host), { op: 'globals.set', name: 'a', value: evil });
    py.globals.has('a');
    assert.deepEqual(asked(host), { op: 'globals.has', name: 'a' });
    py.globals.delete('a');
    assert.deepEqual(asked(host), { op: 'globals.delete', name: 'a' });
    py.globals.keys();
    assert.deepEqual(asked(host), { op: 'globals.keys' });
    py.runPython('1 + 1');
    assert.deepEqual(asked(host), { op: 'run', code: '1 + 1', globals: null });
  });

  test('that only look are sent again after an abort, those that change something are not', async (t) => {
    const { host, py, tick } = await newPy(t);
    const repeats = async (promise) => {
      const before = host.sent.length;
      host.last.over({ status: 'aborted' });
      tick(50);
      const again = host.sent.length > before;
      if (again) host.last.answer(null);
      await promise.catch(() => {});
      return again;
    };
    for (const look of ['get', 'has', 'keys'])
      assert.ok(await repeats(py.globals[look]('a')), look);
    assert.ok(!(await repeats(py.globals.set('a', 1))));
    assert.ok(!(await repeats(py.globals.delete('a'))));
    assert.ok(!(await repeats(py.runPython('1'))));
    assert.ok(!(await repeats(py.handle('a').f())));
  });

  test('cannot be replaced by accident', async (t) => {
    const { py } = await newPy(t);
    assert.throws(() => {
      py.globals.get = 1;
    }, TypeError);
  });
});

describe('a model', () => {
  /** Ask for a model, and have the kernel say which one it is, and nothing of its state. */
  async function asking(t, options) {
    const page = await newPy(t);
    const promise = page.py.model('m', options);
    page.host.last.answer({ id: 'k-1' });
    await settled();
    assert.equal(page.host.last.comm.comm_id, 'k-1');
    return { ...page, promise };
  }

  test('is given with its state', async (t) => {
    const { host, promise, resident } = await asking(t, { timeout: 100 });
    const state = { kind: 'state', to: 'this-page', revision: 0, taken: 0, values: { x: 1 } };
    host.comms.get('k-1').message({ body: JSON.stringify(state) }, {}, []);
    host.last.over();
    assert.equal((await promise).get('x'), 1);
    assert.equal(host.listeners.size, resident);
  });

  test('whose state does not come in time is not waited for any longer', async (t) => {
    const { host, promise, resident, tick } = await asking(t, { timeout: 100 });
    tick(99);
    host.last.busy();
    tick(1);
    assert.equal((await refusal(promise)).code, 'timeout');
    assert.equal(host.listeners.size, resident);
  });

  test('can be given up while its state is on the way', async (t) => {
    const abort = new AbortController();
    const { promise } = await asking(t, { signal: abort.signal });
    const reason = new Error('enough');
    abort.abort(reason);
    const error = await refusal(promise);
    assert.deepEqual([error.code, error.cause], ['cancelled', reason]);
  });

  test('is waited for while the connection may come back, and no longer', async (t) => {
    const { host, promise } = await asking(t);
    let over = false;
    promise.catch(() => {}).finally(() => (over = true));
    host.lose('disconnected');
    await settled();
    assert.equal(over, false);
    host.state = 'unreachable';
    host.emit({ type: 'lost', code: 'disconnected' });
    assert.equal((await refusal(promise)).code, 'disconnected');
  });
});

describe('packages that code imports', () => {
  test('are looked for and installed within one timeout', async (t) => {
    const { host, py, tick } = await newPy(t);
    let now = 0;
    t.mock.method(performance, 'now', () => now);
    const promise = refusal(py.loadPackagesFromImports('import a', { timeout: 100 }));
    now = 60;
    tick(60);
    host.last.answer(['a']);
    await settled();
    assert.equal(host.last.request.op, 'packages.load');
    tick(40);
    assert.equal((await promise).code, 'timeout');
  });

  test('need not be looked for to the end', async (t) => {
    const { py } = await newPy(t);
    const abort = new AbortController();
    const promise = py.loadPackagesFromImports('import a', { signal: abort.signal });
    abort.abort();
    assert.equal((await refusal(promise)).code, 'cancelled');
  });
});

describe('output that nobody asked for', () => {
  const stream = { name: 'stdout', text: 'a' };

  test('goes to the cell in which the bridge was connected', async (t) => {
    const page = newBridge(t);
    page.host.area = { name: 'mine' };
    const py = await page.connect();
    page.host.area = { name: 'another, later' };
    const promises = [py.runPython('1'), py.execute('1')];
    for (const sent of page.host.sent) sent.busy().output('stream', stream);
    page.host.sent[0].result(1).over();
    page.host.sent[1].over();
    await Promise.all(promises);
    assert.deepEqual(
      page.host.shown.map(({ area }) => area.name),
      ['mine', 'mine'],
    );
  });

  test('goes to the cell of the element that is given, to connect or to a call', async (t) => {
    const { host, connect } = newBridge(t);
    const [one, two] = [{}, {}];
    host.areas.set(one, { name: 'one' });
    host.areas.set(two, { name: 'two' });
    const py = await connect({ element: one });
    const options = { element: two };
    const promises = [
      py.runPython('1'),
      py.runPython('1', options),
      py.execute('1', {}, options),
      py.handle('f').call(null, [], {}, options),
    ];
    for (const sent of host.sent) sent.busy().output('stream', stream);
    for (const [i, sent] of host.sent.entries()) i === 2 ? sent.over() : sent.result(1).over();
    await Promise.all(promises);
    assert.deepEqual(
      host.shown.map(({ area }) => area.name),
      ['one', 'two', 'two', 'two'],
    );
  });
});

describe('the entry', () => {
  test('gives the same object to require and to the window', () => {
    globalThis.window = {};
    try {
      const host = new FakeHost();
      const load = newPage({ host, outputs: { mount() {} } });
      const pybridge = load('main');
      assert.equal(globalThis.window.pybridge, pybridge);
      assert.equal(pybridge.version, load('version').VERSION);
      for (const name of [
        'connect',
        'load_ipython_extension',
        'mount',
        'NdArray',
        'BridgeError',
        'PythonError',
      ]) {
        assert.equal(typeof pybridge[name], 'function', name);
      }
      assert.equal(pybridge.debug.settled, 0);
      assert.ok(Object.isFrozen(pybridge));
    } finally {
      delete globalThis.window;
    }
  });
});
