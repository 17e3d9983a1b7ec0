/** What the page asks for at each use of a proxy, and what it never asks for. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';

import { newPage } from './amd.mjs';
import { FakeHost, settled } from './fake_host.mjs';

const ALL = 'cilngsdhb';

async function newProxy(t, can = ALL) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const host = new FakeHost();
  const load = newPage({ host });
  const py = await load('bridge').connect();
  const got = py.globals.get('p');
  host.last.answer({ $: 'py', id: 'k-1', type: 'Thing', can });
  return { host, load, py, p: await got };
}

/** The request that was sent last, without what all requests have. */
function asked(host, answer = null) {
  const { id, protocol, version, on, stream, ...rest } = host.last.request;
  assert.deepEqual([on, stream], [{ $: 'py', id: 'k-1' }, false]);
  host.last.answer(answer);
  return rest;
}

describe('a proxy asks', () => {
  for (const [name, use, fields] of [
    ['for an attribute', (p) => p.x.then(), { op: 'proxy.attribute', path: ['x'] }],
    ['for a deep one at once', (p) => p.a.b.c.then(), { op: 'proxy.attribute', path: 'abc' }],
    ['for a call', (p) => p(1, 'a'), { op: 'proxy.call', path: [], args: [1, 'a'], kwargs: {} }],
    ['for a method', (p) => p.f(1), { op: 'proxy.call', path: ['f'], args: [1], kwargs: {} }],
    [
      'for keywords',
      (p) => p.f.callKwargs(1, { b: 2 }),
      { op: 'proxy.call', path: ['f'], args: [1], kwargs: { b: 2 } },
    ],
    ['by call', (p) => p.call(null, 1), { op: 'proxy.call', path: [], args: [1], kwargs: {} }],
    ['by apply', (p) => p.apply(0, [1]), { op: 'proxy.call', path: [], args: [1], kwargs: {} }],
    ['for its length', (p) => p.length, { op: 'proxy.length' }],
    ['for an item', (p) => p.get('a'), { op: 'proxy.get', key: 'a' }],
    ['to set an item', (p) => p.set(0, [1]), { op: 'proxy.set', key: 0, value: [1] }],
    ['to delete an item', (p) => p.delete('a'), { op: 'proxy.delete', key: 'a' }],
    ['whether it contains', (p) => p.has('a'), { op: 'proxy.contains', key: 'a' }],
    ['for its text', (p) => p.toString(), { op: 'proxy.text' }],
    ['for a copy by value', (p) => p.toJs({ depth: 2 }), { op: 'proxy.copy', depth: 2 }],
    ['for all of it', (p) => p.toJs(), { op: 'proxy.copy', depth: -1 }],
    ['for the next item', (p) => p.next(), { op: 'proxy.send', value: null }],
    ['for the next, sending', (p) => p.next('a'), { op: 'proxy.send', value: 'a' }],
  ]) {
    test(name, async (t) => {
      const { host, p } = await newProxy(t);
      const before = host.sent.length;
      use(p);
      assert.equal(host.sent.length, before + 1);
      assert.deepEqual(asked(host), { ...fields, ...(fields.path && { path: [...fields.path] }) });
    });
  }

  test('nothing where nobody awaits', async (t) => {
    const { host, p } = await newProxy(t);
    const before = host.sent.length;
    void p.a.b.c;
    void [`${p}`, `${p.a}`, p.type, typeof p, 'x' in p, Object.keys(p), p instanceof Object];
    void [p.then, p.toJSON, p.constructor, p.nodeType, p[Symbol.iterator]];
    inspect(p);
    assert.equal(JSON.stringify({ p }), '{}');
    assert.equal(host.sent.length, before);
  });
});

describe('a proxy', () => {
  test('has only the names that its object has', async (t) => {
    const { host, p } = await newProxy(t, '');
    for (const name of ['get', 'set', 'has', 'delete', 'next', 'getBuffer', 'call', 'length']) {
      assert.ok(!(name in p), name);
      p[name].then();
      assert.deepEqual(asked(host), { op: 'proxy.attribute', path: [name] });
    }
    assert.equal(p[Symbol.asyncIterator], undefined);
    assert.equal(typeof p, 'object');
    assert.throws(() => p(), TypeError);
  });

  test('is not thenable, and its attributes are', async (t) => {
    const { p } = await newProxy(t);
    assert.equal(await p, p);
    assert.equal(typeof p.x.then, 'function');
    assert.equal(typeof p.x.catch, 'function');
    assert.equal(typeof p.x.finally, 'function');
  });

  test('of an awaitable asks once, however often it is awaited', async (t) => {
    const { load } = await newProxy(t);
    const { makeProxy } = load('proxy');
    const references = load('references');
    const asks = [];
    const owner = {
      ask: (op) => asks.push(op) && Promise.resolve(42),
      make: (entry) => makeProxy(entry, owner),
      meet() {},
    };
    const tree = { $: 'py', id: 'k-9', type: 'coroutine', can: 'a' };
    const p = references.adopt(tree, owner);
    assert.deepEqual([await p, await p, await p.finally(() => {})], [42, 42, 42]);
    assert.deepEqual(asks, ['proxy.wait']);
  });

  test('throws where an attribute is set or deleted, and says how it is done', async (t) => {
    const { p } = await newProxy(t);
    for (const proxy of [p, p.owner, p.owner.address]) {
      assert.throws(() => {
        proxy.x = 1;
      }, /await proxy\.__setattr__\("x", value\)/);
      assert.throws(() => {
        delete proxy.x;
      }, /await proxy\.__delattr__\("x"\)/);
    }
  });

  test('throws where it is used with new, and says how it is done', async (t) => {
    const { p } = await newProxy(t);
    assert.throws(() => new p(1), /await Class\(\.\.\.\), without new/);
    assert.throws(() => new p.Account(1), /await Class\(\.\.\.\), without new/);
  });

  test('has the names that are its own, and no others', async (t) => {
    const { p } = await newProxy(t);
    assert.ok('toJs' in p);
    for (const name of ['prototype', 'length', 'x']) assert.equal(name in p, false, name);
  });

  test('goes back as itself, also in a list', async (t) => {
    const { host, p, py } = await newProxy(t);
    const home = { $: 'py', id: 'k-1' };
    p.f(p, [p], { a: p });
    assert.deepEqual(asked(host).args, [home, [home], { a: home }]);
    py.globals.set('x', p);
    assert.deepEqual(host.last.request.value, home);
  });

  test('refuses an attribute that nobody has awaited as an argument', async (t) => {
    const { p } = await newProxy(t);
    await assert.rejects(p.f(p.x), { code: 'bad-argument' });
    await assert.rejects(p.f([p.x]), { code: 'bad-argument' });
  });

  test('refers to functions among the arguments', async (t) => {
    const { host, p } = await newProxy(t);
    p.f(() => 1);
    const [reference] = asked(host).args;
    assert.equal(reference.$, 'js');
  });

  test('takes its keywords from an object only', async (t) => {
    const { p } = await newProxy(t);
    for (const args of [[], [1], [[1]], [p], [null], [new Map()]]) {
      assert.throws(() => p.callKwargs(...args), TypeError);
    }
  });

  test('asks no more once it is destroyed', async (t) => {
    const { host, p } = await newProxy(t);
    const copy = p.copy();
    p.destroy();
    const before = host.sent.length;
    for (const use of [() => p.x, () => p.f(), () => p(), () => p.toString()]) {
      await assert.rejects(Promise.resolve().then(use), { code: 'destroyed' });
    }
    assert.throws(() => p.copy(), { code: 'destroyed' });
    assert.equal(host.sent.length, before);
    copy.x.then();
    assert.equal(host.sent.length, before + 1);
  });

  test('is gone through in batches', async (t) => {
    const { host, p } = await newProxy(t);
    const seen = [];
    const loop = (async () => {
      for await (const item of p) seen.push(item);
    })();
    await settled();
    const iterator = { $: 'py', id: 'k-2', type: 'list_iterator', can: 'in' };
    assert.equal(host.last.request.op, 'proxy.iterate');
    host.last.answer({ iterator, values: [1, 2], many: 2, done: false });
    await settled();
    assert.deepEqual(seen, [1, 2]);
    const { op, on, many } = host.last.request;
    assert.deepEqual([op, on, many], ['proxy.take', { $: 'py', id: 'k-2' }, 2]);
    host.last.answer({ iterator: null, values: [3], done: true });
    await loop;
    assert.deepEqual(seen, [1, 2, 3]);
  });
});

describe('a scope', () => {
  test('destroys what was made through it, but for what it returns', async (t) => {
    const { host, py } = await newProxy(t);
    const made = [];
    const kept = await py.scope(async (s) => {
      for (const id of ['k-5', 'k-6', 'k-7']) {
        const got = s.runPython('x');
        host.last.answer({ $: 'py', id, type: 'Thing', can: '' });
        made.push(await got);
      }
      return [made[1]];
    });
    assert.equal(kept[0], made[1]);
    for (const [i, gone] of [true, false, true].entries()) {
      if (gone) assert.throws(() => made[i].copy(), { code: 'destroyed' });
      else assert.ok(made[i].copy());
    }
  });

  for (const [how, pack] of [
    ['in containers', (a, b) => ({ list: [{ a }, [b]] })],
    ['in a Map and a Set', (a, b) => new Map([[a, new Set([b])]])],
    [
      'in what holds itself',
      (a, b) => {
        const ring = { a };
        ring.more = [ring, b];
        return ring;
      },
    ],
    ['in an object of a class', (a, b) => Object.assign(new (class {})(), { a, more: [b] })],
  ]) {
    test(`keeps what it returns ${how}`, async (t) => {
      const { host, py } = await newProxy(t);
      const made = [];
      await py.scope(async (s) => {
        for (const id of ['k-5', 'k-6', 'k-7']) {
          const got = s.runPython('x');
          host.last.answer({ $: 'py', id, type: 'Thing', can: '' });
          made.push(await got);
        }
        return pack(made[0], made[1]);
      });
      assert.ok(made[0].copy());
      assert.ok(made[1].copy());
      assert.throws(() => made[2].copy(), { code: 'destroyed' });
    });
  }

  test('leaves alone what was there before', async (t) => {
    const { host, p, py } = await newProxy(t);
    await py.scope(async (s) => {
      const got = s.globals.get('p');
      host.last.answer({ $: 'py', id: 'k-1', type: 'Thing', can: ALL });
      assert.equal(await got, p);
    });
    assert.ok(p.copy());
  });

  test('leaves alone what somebody else was given meanwhile', async (t) => {
    const { host, py } = await newProxy(t);
    const got = async (from) => {
      const asked = from.globals.get('frame');
      host.last.answer({ $: 'py', id: 'k-5', type: 'Frame', can: '' });
      return asked;
    };
    let theirs;
    let own;
    await py.scope(async (one) => {
      const first = await got(one);
      await py.scope(async (other) => {
        theirs = await got(other);
      });
      assert.equal(theirs, first);
      assert.ok(theirs.copy());
      assert.equal(await got(one), first);
      own = one.runPython('x');
      host.last.answer({ $: 'py', id: 'k-6', type: 'Thing', can: '' });
      own = await own;
    });
    assert.ok(theirs.copy());
    assert.throws(() => own.copy(), { code: 'destroyed' });
  });
});
