/** One call, from asked to settled, with a host on which the test plays the kernel. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { newPage } from './amd.mjs';
import { FakeHost, settled } from './fake_host.mjs';

const PATIENCE = 30_000;
const SILENCE = 3000;
const PAUSE = 50;
const PULSE = 5; // s
const OK = { status: 'ok' };

/** A page with a host; time stands still until the test lets it go on. */
function newCalls(t, state) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const host = new FakeHost(state);
  const calls = newPage({ host })('call');
  return {
    host,
    calls,
    tick: (ms) => t.mock.timers.tick(ms),
    /** Let seconds pass, one by one: mocked timers do not see those set meanwhile. */
    pass(seconds) {
      for (let i = 0; i < seconds; i++) t.mock.timers.tick(1000);
    },
    /** Ask for a call named so; what becomes of it is in `outcome`. */
    ask(name = 'call', options = {}, overrides = {}) {
      const asked = { outcome: undefined, stops: 0, outputs: [], statuses: [] };
      const plan = {
        message: () => ({ code: name }),
        output(message, call) {
          asked.outputs.push(message.content);
          if (message.header.msg_type === 'result') call.resolve(message.content);
        },
        status: (state) => asked.statuses.push(state),
        over: (reply, call) => call.resolve(reply),
        stop: () => {
          asked.stops += 1;
        },
        ...overrides,
      };
      asked.promise = calls.ask(plan, options);
      asked.promise.then(
        (value) => {
          asked.outcome = { value };
        },
        (error) => {
          asked.outcome = error;
        },
      );
      return asked;
    },
  };
}

const codes = (host) => host.sent.map(({ message }) => message.code);

async function refusedWith(asked, code) {
  await settled();
  assert.equal(asked.outcome?.code, code, `${asked.outcome}`);
  return asked.outcome;
}

describe('a call is over when the reply and the idle are in', () => {
  for (const order of [
    ['reply', 'idle'],
    ['idle', 'reply'],
  ]) {
    test(`in the order ${order}`, async (t) => {
      const { host, calls, ask } = newCalls(t);
      const asked = ask();
      host.last.busy()[order[0]]();
      await settled();
      assert.equal(asked.outcome, undefined);
      host.last[order[1]]();
      await settled();
      assert.deepEqual(asked.outcome, { value: OK });
      assert.deepEqual(calls.load, { queued: 0, underWay: 0 });
    });
  }

  test('and settles with its result before that', async (t) => {
    const { host, calls, ask } = newCalls(t);
    const asked = ask();
    host.last.busy().output('result', 5);
    await settled();
    assert.deepEqual(asked.outcome, { value: 5 });
    assert.deepEqual(calls.load, { queued: 0, underWay: 1 });
    host.last.over();
    assert.deepEqual(calls.load, { queued: 0, underWay: 0 });
  });

  test('and settles with a result that comes after the reply', async (t) => {
    const { host, ask } = newCalls(t);
    const asked = ask();
    host.last.busy().reply().output('result', 5).idle();
    await settled();
    assert.deepEqual(asked.outcome, { value: 5 });
  });

  test('and is lost when its plan makes nothing of the answer', async (t) => {
    const { host, ask } = newCalls(t);
    const asked = ask('call', {}, { over() {} });
    host.last.over();
    await refusedWith(asked, 'lost-reply');
  });

  test('and hears of every status and output on the way', async (t) => {
    const { host, ask } = newCalls(t);
    const asked = ask();
    host.last.busy().output('stream', 'a').output('stream', 'b').over();
    assert.deepEqual(asked.statuses, ['busy', 'idle']);
    assert.deepEqual(asked.outputs, ['a', 'b']);
  });
});

describe('half of an answer', () => {
  for (const half of ['reply', 'idle']) {
    test(`the ${half}, is waited for until what was asked for later is answered`, async (t) => {
      const { host, calls, ask, tick } = newCalls(t);
      const asked = ask();
      const first = host.last;
      first.busy()[half]();
      tick(SILENCE - 1);
      await settled();
      assert.equal(host.sent.length, 1);
      tick(1);
      // Each half comes in order: it may be long on its way, but not behind this one's.
      assert.equal(host.sent.length, 2);
      const other = half === 'reply' ? 'idle' : 'reply';
      host.last.busy()[half]();
      await settled();
      assert.equal(asked.outcome, undefined);
      host.last[other]();
      await settled();
      // With the reply, only the word is missing that nothing more comes.
      if (half === 'reply') assert.deepEqual(asked.outcome, { value: OK });
      else await refusedWith(asked, 'lost-reply');
      assert.deepEqual(host.forgotten, ['m0']);
      assert.deepEqual(calls.load, { queued: 0, underWay: 0 });
    });

    test(`the ${half}, may come late`, async (t) => {
      const { host, ask, tick } = newCalls(t);
      const asked = ask();
      const first = host.last;
      first.busy()[half]();
      tick(SILENCE);
      first[half === 'reply' ? 'idle' : 'reply']();
      host.last.busy().over();
      await settled();
      assert.deepEqual(asked.outcome, { value: OK });
    });
  }

  test('is waited for as long as output still comes', async (t) => {
    const { host, ask, tick } = newCalls(t);
    const asked = ask();
    host.last.busy().reply();
    for (let i = 0; i < 5; i++) {
      tick(SILENCE - 1);
      host.last.output('stream', 'more');
    }
    host.last.idle();
    await settled();
    assert.deepEqual(asked.outcome, { value: OK });
  });

  test('is never missed by a call that runs for long', async (t) => {
    const { host, ask, tick } = newCalls(t);
    const asked = ask();
    host.last.busy();
    tick(1e9);
    host.last.over();
    await settled();
    assert.deepEqual(asked.outcome, { value: OK });
  });
});

describe('the window', () => {
  test('has eight calls under way, the others wait in order', async (t) => {
    const { host, calls, ask } = newCalls(t);
    for (let i = 0; i < 12; i++) ask(i);
    assert.deepEqual(codes(host), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert.deepEqual(calls.load, { queued: 4, underWay: 8 });
    host.sent[3].over();
    host.sent[0].over();
    assert.deepEqual(codes(host).slice(8), [8, 9]);
    for (let i = 0; i < host.sent.length; i++) if (i !== 0 && i !== 3) host.sent[i].over();
    assert.deepEqual(codes(host).slice(10), [10, 11]);
    assert.deepEqual(calls.load, { queued: 0, underWay: 0 });
  });

  test('keeps a place for a call that has settled and is not over', async (t) => {
    const { host, calls, ask } = newCalls(t);
    for (let i = 0; i < 9; i++) ask(i);
    host.sent[0].busy().output('result', 1);
    assert.deepEqual(calls.load, { queued: 1, underWay: 8 });
  });

  test('passes on to the next when a call cannot be sent', async (t) => {
    const { host, calls, ask } = newCalls(t);
    host.failure = new Error('no socket');
    const asked = ask();
    await settled();
    assert.equal(asked.outcome, host.failure);
    host.failure = null;
    ask('next');
    assert.deepEqual(codes(host), ['next']);
    assert.deepEqual(calls.load, { queued: 0, underWay: 1 });
  });

  test('leaves nothing behind after ten thousand calls', async (t) => {
    const { host, calls, ask } = newCalls(t);
    for (let i = 0; i < 10_000; i++) {
      ask(i);
      host.last.over();
      host.sent.length = 0;
    }
    assert.deepEqual(calls.load, { queued: 0, underWay: 0 });
  });
});

describe('without a kernel to send to', () => {
  for (const [state, code] of [
    ['connecting', 'disconnected'],
    ['no-kernel', 'no-kernel'],
  ]) {
    test(`that is ${state}, calls wait and then fail with ${code}`, async (t) => {
      const { host, calls, ask, tick } = newCalls(t, state);
      const asked = [ask(), ask()];
      tick(PATIENCE - 1);
      await settled();
      assert.deepEqual(calls.load, { queued: 2, underWay: 0 });
      tick(1);
      for (const one of asked) await refusedWith(one, code);
      assert.deepEqual(host.sent, []);
    });
  }

  test('calls wait until it connects, and are sent in order', async (t) => {
    const { host, ask, tick } = newCalls(t, 'connecting');
    for (const name of ['a', 'b', 'c']) ask(name);
    tick(PATIENCE - 1);
    host.connect();
    assert.deepEqual(codes(host), ['a', 'b', 'c']);
    tick(PATIENCE);
    host.last.over();
    await settled();
  });

  for (const [state, code] of [
    ['dead', 'dead'],
    ['unreachable', 'disconnected'],
  ]) {
    test(`calls fail at once if it is ${state}`, async (t) => {
      const { ask } = newCalls(t, state);
      await refusedWith(ask(), code);
    });
  }

  test('what waits fails when it dies', async (t) => {
    const { host, ask } = newCalls(t, 'connecting');
    const asked = ask();
    host.lose('dead');
    await refusedWith(asked, 'dead');
  });

  test('patience begins anew for the next call', async (t) => {
    const { ask, tick } = newCalls(t, 'connecting');
    const first = ask();
    tick(PATIENCE);
    await refusedWith(first, 'disconnected');
    const asked = ask();
    tick(PATIENCE - 1);
    await settled();
    assert.equal(asked.outcome, undefined);
    tick(1);
    await refusedWith(asked, 'disconnected');
  });
});

describe('when the kernel goes away', () => {
  for (const code of ['restarted', 'dead', 'disconnected']) {
    test(`all that is under way is ${code}`, async (t) => {
      const { host, calls, ask } = newCalls(t);
      const asked = [ask(), ask()];
      host.sent[0].busy();
      host.lose(code);
      for (const one of asked) await refusedWith(one, code);
      assert.deepEqual(host.forgotten, ['m0', 'm1']);
      assert.deepEqual(calls.load, { queued: 0, underWay: 0 });
    });
  }

  test('what is queued goes to the next kernel', async (t) => {
    const { host, ask } = newCalls(t);
    for (let i = 0; i < 9; i++) ask(i);
    host.lose('restarted');
    assert.equal(host.sent.length, 8);
    host.connect();
    assert.deepEqual(codes(host).slice(8), [8]);
  });

  test('what has its result already keeps it', async (t) => {
    const { host, ask } = newCalls(t);
    const asked = ask();
    host.last.busy().output('result', 5);
    host.lose('dead');
    await settled();
    assert.deepEqual(asked.outcome, { value: 5 });
  });

  test('a repeatable call is sent again after the connection was lost', async (t) => {
    const { host, ask } = newCalls(t);
    const asked = ask('a', { repeatable: true });
    host.last.busy();
    host.lose('disconnected');
    await settled();
    assert.equal(asked.outcome, undefined);
    assert.deepEqual(host.forgotten, ['m0']);
    host.connect();
    assert.deepEqual(codes(host), ['a', 'a']);
    host.last.over();
    await settled();
    assert.deepEqual(asked.outcome, { value: OK });
  });

  test('repeatable calls are sent again in their order, before what waited', async (t) => {
    const { host, ask } = newCalls(t);
    for (let i = 0; i < 10; i++) ask(i, { repeatable: true });
    host.lose('disconnected');
    host.connect();
    assert.deepEqual(codes(host).slice(8), [0, 1, 2, 3, 4, 5, 6, 7]);
    host.last.over();
    assert.deepEqual(codes(host).slice(16), [8]);
  });

  test('a repeatable call does not lose patience over an answer of before', async (t) => {
    const { host, ask, tick } = newCalls(t);
    const asked = ask('a', { repeatable: true });
    host.last.busy().reply();
    host.lose('disconnected');
    host.connect();
    tick(SILENCE);
    await settled();
    assert.equal(asked.outcome, undefined);
    assert.deepEqual(codes(host), ['a', 'a']);
    host.last.over();
    await settled();
    assert.deepEqual(asked.outcome, { value: OK });
  });

  for (const code of ['restarted', 'dead']) {
    test(`a repeatable call is ${code} as any other`, async (t) => {
      const { host, ask } = newCalls(t);
      const asked = ask('a', { repeatable: true });
      host.lose(code);
      await refusedWith(asked, code);
    });
  }
});

describe('when another process takes the kernel’s place', () => {
  test('what ran in the old one is gone', async (t) => {
    const { host, ask } = newCalls(t);
    const [ran, sent] = [ask('ran'), ask('sent')];
    host.sent[0].busy();
    host.emit({ type: 'started' });
    await refusedWith(ran, 'restarted');
    assert.equal(sent.outcome, undefined);
  });

  test('what was only sent may yet be answered by the new one', async (t) => {
    const { host, ask } = newCalls(t);
    const asked = ask();
    host.emit({ type: 'started' });
    host.last.busy();
    host.emit({ type: 'answered' });
    await settled();
    assert.equal(asked.outcome, undefined);
    host.last.over();
    await settled();
    assert.deepEqual(asked.outcome, { value: OK });
  });

  test('what the new one passes over was lost with the old one', async (t) => {
    const { host, ask } = newCalls(t);
    const asked = ask();
    host.emit({ type: 'started' });
    host.emit({ type: 'answered' });
    await refusedWith(asked, 'restarted');
  });

  test('an answer to the page’s own request means nothing before', async (t) => {
    const { host, ask } = newCalls(t);
    const asked = ask();
    host.emit({ type: 'answered' });
    await settled();
    assert.equal(asked.outcome, undefined);
  });

  test('it is asked for a sign of life as long as calls are under way', async (t) => {
    const { host, ask, pass } = newCalls(t);
    ask();
    pass(PULSE - 1);
    assert.equal(host.probes, 0);
    pass(1);
    pass(PULSE);
    assert.equal(host.probes, 2);
    host.last.busy().over();
    await settled();
    pass(10 * PULSE);
    assert.equal(host.probes, 2);
  });

  test('what is sent afterwards is not in doubt', async (t) => {
    const { host, ask } = newCalls(t);
    const all = Array.from({ length: 9 }, (_, i) => ask(i));
    host.sent[0].busy();
    host.emit({ type: 'started' });
    assert.equal(codes(host)[8], 8);
    host.emit({ type: 'answered' });
    await refusedWith(all[1], 'restarted');
    assert.equal(all[8].outcome, undefined);
    host.last.over();
    await settled();
    assert.deepEqual(all[8].outcome, { value: OK });
  });
});

describe('an aborted call', () => {
  for (const status of ['aborted', 'abort']) {
    test(`with the status ${status} is refused`, async (t) => {
      const { host, ask } = newCalls(t);
      const asked = ask();
      host.last.over({ status });
      await refusedWith(asked, 'aborted');
    });
  }

  test('is sent again by itself if it is repeatable', async (t) => {
    const { host, calls, ask, tick } = newCalls(t);
    const asked = ask('a', { repeatable: true });
    host.last.over({ status: 'aborted' });
    assert.equal(host.sent.length, 1);
    tick(PAUSE);
    assert.deepEqual(codes(host), ['a', 'a']);
    host.last.busy().reply();
    await settled();
    assert.equal(asked.outcome, undefined);
    host.last.idle();
    await settled();
    assert.deepEqual(asked.outcome, { value: OK });
    assert.deepEqual(calls.load, { queued: 0, underWay: 0 });
  });

  test('is not sent again for ever', async (t) => {
    const { host, ask, tick } = newCalls(t);
    const asked = ask('a', { repeatable: true });
    for (let i = 0; i < 50; i++) {
      if (host.sent[i]) host.sent[i].over({ status: 'aborted' });
      tick(PAUSE);
    }
    await refusedWith(asked, 'aborted');
    assert.equal(host.sent.length, 20);
  });

  test('is not sent again once it was cancelled', async (t) => {
    const { host, ask, tick } = newCalls(t);
    const abort = new AbortController();
    const asked = ask('a', { repeatable: true, signal: abort.signal });
    host.last.over({ status: 'aborted' });
    abort.abort();
    tick(PAUSE);
    await refusedWith(asked, 'cancelled');
    assert.equal(host.sent.length, 1);
  });
});

describe('a timeout', () => {
  test('before the call was sent takes it out of the queue', async (t) => {
    const { host, calls, ask, tick } = newCalls(t, 'connecting');
    const asked = ask('a', { timeout: 100 });
    tick(99);
    await settled();
    assert.equal(asked.outcome, undefined);
    tick(1);
    const error = await refusedWith(asked, 'timeout');
    assert.match(error.message, /100 ms/);
    host.connect();
    assert.deepEqual([host.sent.length, asked.stops], [0, 0]);
    assert.deepEqual(calls.load, { queued: 0, underWay: 0 });
  });

  test('afterwards stops it in Python, and its place is free once it is over', async (t) => {
    const { host, calls, ask, tick } = newCalls(t);
    const over = () => assert.fail('its plan is done with');
    const asked = ask('a', { timeout: 100 }, { over });
    host.last.busy();
    tick(100);
    await refusedWith(asked, 'timeout');
    assert.equal(asked.stops, 1);
    assert.deepEqual(calls.load, { queued: 0, underWay: 1 });
    host.last.over({ status: 'error' });
    assert.deepEqual(calls.load, { queued: 0, underWay: 0 });
  });

  test('that is over with the call does nothing', async (t) => {
    const { host, ask, tick } = newCalls(t);
    const asked = ask('a', { timeout: 100 });
    host.last.busy().output('result', 5);
    tick(100);
    await settled();
    assert.deepEqual([asked.outcome, asked.stops], [{ value: 5 }, 0]);
  });

  for (const timeout of [undefined, Infinity, 2 ** 31]) {
    test(`of ${timeout} is none`, async (t) => {
      const { host, ask, tick } = newCalls(t);
      const asked = ask('a', { timeout });
      tick(1e9);
      host.last.over();
      await settled();
      assert.deepEqual(asked.outcome, { value: OK });
    });
  }
});

describe('an AbortSignal', () => {
  const reason = new Error('enough');

  test('that has aborted already keeps the call from being sent', async (t) => {
    const { host, calls, ask } = newCalls(t);
    const asked = ask('a', { signal: AbortSignal.abort(reason) });
    const error = await refusedWith(asked, 'cancelled');
    assert.equal(error.cause, reason);
    assert.deepEqual([host.sent.length, asked.stops], [0, 0]);
    assert.deepEqual(calls.load, { queued: 0, underWay: 0 });
  });

  test('takes a call that waits out of the queue', async (t) => {
    const { host, calls, ask } = newCalls(t);
    const abort = new AbortController();
    for (let i = 0; i < 8; i++) ask(i);
    const asked = ask('a', { signal: abort.signal });
    abort.abort(reason);
    await refusedWith(asked, 'cancelled');
    assert.deepEqual([host.sent.length, asked.stops], [8, 0]);
    assert.deepEqual(calls.load, { queued: 0, underWay: 8 });
  });

  test('stops a call that was sent in Python', async (t) => {
    const { host, ask } = newCalls(t);
    const abort = new AbortController();
    const asked = ask('a', { signal: abort.signal });
    host.last.busy();
    abort.abort(reason);
    await refusedWith(asked, 'cancelled');
    abort.abort();
    assert.equal(asked.stops, 1);
    host.last.output('result', 5).over();
    await settled();
    assert.equal(asked.outcome.code, 'cancelled');
  });

  test('means nothing to a call that has settled', async (t) => {
    const { host, ask } = newCalls(t);
    const abort = new AbortController();
    const asked = ask('a', { signal: abort.signal });
    host.last.busy().output('result', 5);
    abort.abort();
    await settled();
    assert.deepEqual([asked.outcome, asked.stops], [{ value: 5 }, 0]);
  });

  test('is left alone once the call has settled', async (t) => {
    const { host, ask } = newCalls(t);
    const abort = new AbortController();
    let listening = 0;
    const { signal } = abort;
    const [add, remove] = [signal.addEventListener, signal.removeEventListener];
    signal.addEventListener = (...args) => {
      listening += 1;
      add.apply(signal, args);
    };
    signal.removeEventListener = (...args) => {
      listening -= 1;
      remove.apply(signal, args);
    };
    ask('a', { signal });
    assert.equal(listening, 1);
    host.last.over();
    assert.equal(listening, 0);
  });
});

describe('a kernel that is busy with something else', () => {
  const listening = (told) => ({ onBusy: (waited) => told.push(waited === 0 ? 0 : 'waits') });

  test('is told of every second, and when it has begun', async (t) => {
    const { host, ask, pass } = newCalls(t);
    const told = [];
    ask('call', listening(told));
    pass(2);
    assert.deepEqual(told, ['waits', 'waits']);
    host.last.busy();
    assert.deepEqual(told, ['waits', 'waits', 0]);
    pass(3);
    assert.equal(told.length, 3);
  });

  test('is no news to a call that has begun within a second', (t) => {
    const { host, ask, pass } = newCalls(t);
    const told = [];
    ask('call', listening(told));
    host.last.busy();
    pass(3);
    assert.deepEqual(told, []);
  });

  test('is told of also to what waits in the page, until it is given up', (t) => {
    const { host, ask, pass } = newCalls(t);
    for (let i = 0; i < 8; i++) ask();
    const told = [];
    const abort = new AbortController();
    ask('call', { ...listening(told), signal: abort.signal }).promise.catch(() => {});
    assert.equal(host.sent.length, 8);
    pass(1);
    assert.deepEqual(told, ['waits']);
    abort.abort();
    assert.deepEqual(told, ['waits', 0]);
    pass(1);
    assert.deepEqual(told, ['waits', 0]);
  });
});
