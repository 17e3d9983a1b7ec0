/** What each side holds of the other's, as the page keeps count of it. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { newPage } from './amd.mjs';
import { FakeHost } from './fake_host.mjs';

function newReferences(t, state) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const host = new FakeHost(state);
  const references = newPage({ host })('references');
  return { host, references, tick: (ms) => t.mock.timers.tick(ms) };
}

const tree = (id = 'k-1') => ({ $: 'py', id, type: 'Thing', can: '' });
const adopter = { make: (entry) => ({ entry }), meet() {} };
const REFUSED = { name: 'BridgeError', code: 'destroyed' };

/** What the page has said about references: the contents of its messages. */
const said = (host, what) =>
  host.controls.map(({ content }) => content).filter((content) => content.what === what);

const counts = (host) => said(host, 'release').flatMap((content) => content.counts);

describe('an object of Python', () => {
  test('is the same proxy each time that it comes', (t) => {
    const { references } = newReferences(t);
    const proxy = references.adopt(tree(), adopter);
    assert.equal(references.adopt(tree(), adopter), proxy);
    assert.notEqual(references.adopt(tree('k-2'), adopter), proxy);
    assert.equal(references.load.held, 2);
  });

  test('goes back as what it is', (t) => {
    const { references } = newReferences(t);
    const proxy = references.adopt(tree(), adopter);
    assert.deepEqual(references.refer(proxy), { $: 'py', id: 'k-1' });
    assert.ok(references.isProxy(proxy));
    for (const other of [{}, [], null, undefined, 5, 'a', () => 1]) {
      assert.ok(!references.isProxy(other));
    }
  });

  test('is given back as often as it came', (t) => {
    const { host, references, tick } = newReferences(t);
    const proxy = references.adopt(tree(), adopter);
    references.adopt(tree(), adopter);
    references.destroy(proxy);
    assert.equal(references.load.held, 0);
    tick(20);
    assert.deepEqual(counts(host), [['k-1', 2]]);
  });

  test('is given back together with others', (t) => {
    const { host, references, tick } = newReferences(t);
    const proxies = ['k-1', 'k-2'].map((id) => references.adopt(tree(id), adopter));
    for (const proxy of proxies) references.destroy(proxy);
    tick(20);
    assert.equal(said(host, 'release').length, 1);
    assert.deepEqual(counts(host), [
      ['k-1', 1],
      ['k-2', 1],
    ]);
  });

  test('that was destroyed can be used no more, and be destroyed again', (t) => {
    const { host, references, tick } = newReferences(t);
    const proxy = references.adopt(tree(), adopter);
    references.destroy(proxy);
    references.destroy(proxy);
    assert.throws(() => references.refer(proxy), REFUSED);
    tick(20);
    assert.deepEqual(counts(host), [['k-1', 1]]);
  });

  test('that comes again after it was destroyed has another proxy', (t) => {
    const { host, references, tick } = newReferences(t);
    const first = references.adopt(tree(), adopter);
    references.destroy(first);
    const second = references.adopt(tree(), adopter);
    assert.notEqual(second, first);
    assert.throws(() => references.refer(first), REFUSED);
    assert.ok(references.refer(second));
    tick(20);
    assert.deepEqual(counts(host), [['k-1', 1]]);
    references.destroy(second);
    tick(20);
    assert.deepEqual(counts(host).at(-1), ['k-1', 1]);
  });

  test('with two proxies is held until both are destroyed', (t) => {
    const { host, references, tick } = newReferences(t);
    const first = references.adopt(tree(), adopter);
    const second = references.use(references.entryOf(first), adopter.make);
    references.destroy(first);
    tick(20);
    assert.deepEqual(counts(host), []);
    assert.equal(references.adopt(tree(), adopter) === first, false);
    references.destroy(second);
    assert.ok(references.load.held <= 1);
  });

  test('stays for a request under way, though it was destroyed meanwhile', (t) => {
    const { host, references, tick } = newReferences(t);
    const proxy = references.adopt(tree(), adopter);
    const { refer, release } = references.keeper();
    assert.deepEqual(refer(proxy), { $: 'py', id: 'k-1' });
    references.destroy(proxy);
    tick(20);
    assert.deepEqual(counts(host), []);
    assert.throws(() => references.refer(proxy), REFUSED);
    release();
    tick(20);
    assert.deepEqual(counts(host), [['k-1', 1]]);
    release();
    assert.equal(references.load.held, 0);
  });

  test('is given back once there is a connection again', (t) => {
    const { host, references, tick } = newReferences(t);
    references.destroy(references.adopt(tree(), adopter));
    host.lose('disconnected');
    tick(20);
    assert.deepEqual(counts(host), []);
    host.connect();
    assert.deepEqual(counts(host), [['k-1', 1]]);
    host.connect();
    assert.deepEqual(counts(host).length, 1);
  });

  for (const event of [
    { type: 'lost', code: 'restarted' },
    { type: 'lost', code: 'dead' },
    { type: 'started' },
  ]) {
    test(`is gone with its kernel: ${event.type} ${event.code ?? ''}`, (t) => {
      const { host, references, tick } = newReferences(t);
      const proxy = references.adopt(tree(), adopter);
      const destroyed = references.adopt(tree('k-2'), adopter);
      references.destroy(destroyed);
      references.refer({});
      host.emit(event);
      assert.throws(() => references.refer(proxy), { code: 'restarted' });
      references.destroy(proxy);
      tick(20);
      assert.deepEqual(counts(host), []);
      assert.deepEqual({ ...references.load }, { held: 0, given: 0 });
    });
  }

  test('outlasts a lost connection', (t) => {
    const { host, references } = newReferences(t);
    const proxy = references.adopt(tree(), adopter);
    host.lose('disconnected');
    host.connect();
    assert.ok(references.refer(proxy));
  });
});

describe('an object of the page', () => {
  test('has one id as long as Python holds it', (t) => {
    const { references } = newReferences(t);
    const object = () => 1;
    const first = references.refer(object);
    assert.equal(first.$, 'js');
    assert.equal(references.refer(object).id, first.id);
    assert.equal(references.mine(first.id), object);
    assert.equal(references.adopt({ $: 'js', id: first.id }, adopter), object);
    references.take([[first.id, 1]]);
    assert.equal(references.mine(first.id), object);
    references.take([[first.id, 1]]);
    assert.throws(() => references.mine(first.id), REFUSED);
    assert.notEqual(references.refer(object).id, first.id);
  });

  test('that Python gives back without having it is no matter', (t) => {
    const { references } = newReferences(t);
    references.take([[99, 1]]);
    assert.equal(references.load.given, 0);
  });

  test('given while the kernel restarts is the new one’s, however often that is told', (t) => {
    const { host, references } = newReferences(t);
    references.refer({ of: 'the old one' });
    host.lose('restarted');
    const object = { of: 'the new one' };
    const { id } = references.refer(object);
    host.connect();
    // Whether it says first that it is another one, or answers what the page itself has asked.
    host.emit({ type: 'answered' });
    for (let i = 0; i < 2; i++) host.emit({ type: 'started' });
    assert.equal(references.mine(id), object);
    assert.equal(references.refer(object).id, id);
    assert.equal(references.load.given, 1);
  });

  test('given to a kernel that has restarted is gone with that one, though nobody tells of its end', (t) => {
    const { host, references } = newReferences(t);
    host.lose('restarted');
    host.connect();
    host.emit({ type: 'started' });
    host.emit({ type: 'answered' });
    const { id } = references.refer({});
    host.emit({ type: 'started' });
    assert.throws(() => references.mine(id), REFUSED);
    const next = {};
    assert.equal(references.mine(references.refer(next).id), next);
    host.emit({ type: 'started' });
    assert.equal(references.load.given, 1);
    host.lose('dead');
    assert.equal(references.load.given, 0);
  });

  test('that is a promise rejects in nobody’s face', async (t) => {
    const { references } = newReferences(t);
    assert.equal(references.refer(Promise.reject(new Error('unheard'))).$, 'js');
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('the page', () => {
  const MINUTE = 60_000;

  test('is heard of every minute while anything is held', (t) => {
    const { host, references, tick } = newReferences(t);
    tick(MINUTE);
    assert.equal(said(host, 'here').length, 0);
    const proxy = references.adopt(tree(), adopter);
    tick(3 * MINUTE);
    assert.equal(said(host, 'here').length, 3);
    references.destroy(proxy);
    tick(5 * MINUTE);
    assert.equal(said(host, 'here').length, 3);
    const { id } = references.refer({});
    tick(MINUTE);
    assert.equal(said(host, 'here').length, 4);
    references.take([[id, 1]]);
    tick(5 * MINUTE);
    assert.equal(said(host, 'here').length, 4);
  });

  test('says of which version it is, also to a kernel that it does not understand', (t) => {
    const { host, references } = newReferences(t);
    host.emit({ type: 'misheard', name: 'progress' });
    assert.deepEqual(said(host, 'here'), []);
    host.emit({ type: 'misheard', name: references.PAGE });
    assert.deepEqual(said(host, 'here'), [{ what: 'here' }]);
    assert.deepEqual(host.stamps.map(Object.keys), [['protocol', 'version']]);
  });
});
