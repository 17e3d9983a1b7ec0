/** What Python asks of the page, with a host on which the test plays the kernel. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { newPage } from './amd.mjs';
import { FakeHost, settled } from './fake_host.mjs';
import { NodeList } from './nodes.mjs';

const PIECE = 4 * 2 ** 20;
const PAGE = 'pybridge.page';

function newAnswers(t) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const host = new FakeHost();
  const load = newPage({ host });
  const codec = load('codec');
  const references = load('references');
  load('answers').adoptWith({ make: (entry) => ({ proxyOf: entry.id }), meet() {} });
  let number = 100;

  /** Tell the page something, as `Page.tell` does. */
  function tell(what, values = {}, to = host.session()) {
    const buffers = [];
    const body = JSON.stringify(codec.encode({ to, what, ...values }, buffers));
    const views = buffers.map((buffer) => new DataView(buffer));
    host.hearers.get(PAGE)(body, views);
  }

  /** Send a question without waiting for its answer. */
  function send(op, fields = {}, { ask = number++, parts = 0 } = {}) {
    const tree = codec.encode(fields, [], '$', references.refer);
    host.answer({ ask, op, with: JSON.stringify(tree), parts });
    return ask;
  }

  /** What the page answers: the decoded value, or the description of an error. */
  function question(op, fields) {
    const before = host.inputs.length;
    const ask = send(op, fields);
    assert.equal(host.inputs.length, before + 1);
    return read(ask, JSON.parse(host.inputs.at(-1)));
  }

  /** References come as their trees, objects of the page as themselves. */
  function read(ask, answer) {
    assert.equal(answer.ask, ask);
    if (answer.error) return { error: answer.error };
    const views = uploaded(answer).map((buffer) => new DataView(buffer));
    const text = answer.body ?? new TextDecoder().decode(views.shift());
    const adopt = (tree) => (tree.$ === 'js' ? references.mine(tree.id) : tree);
    return { value: codec.decode(text, views, adopt), tree: JSON.parse(text) };
  }

  /** Put the pieces of an answer together, as the kernel does. */
  function uploaded({ upload, pieces, sizes }) {
    if (upload === undefined) return [];
    const parts = said('part').filter(({ content }) => content.upload === upload);
    assert.equal(parts.length, pieces);
    const whole = new Uint8Array(parts[0].content.total);
    for (const { content, buffers } of parts) {
      assert.ok(buffers[0].byteLength <= PIECE);
      whole.set(new Uint8Array(buffers[0]), content.offset);
    }
    let end = 0;
    return sizes.map((size) => {
      end += size;
      return whole.buffer.slice(end - size, end);
    });
  }

  const said = (what) => host.controls.filter(({ content }) => content.what === what);
  const value = (op, fields) => question(op, fields).value;
  const kind = (op, fields) => question(op, fields).error?.kind;
  const on = (object) => new codec.Ref(object);
  return { host, codec, references, tell, send, question, value, kind, said, on, read };
}

describe('attributes', () => {
  test('are got by value, or referred to where changes should reach them', (t) => {
    const { question, on } = newAnswers(t);
    const object = { n: 1, list: [1], f() {} };
    assert.equal(question('get', { on: on(object), name: 'n' }).value, 1);
    const { tree, value } = question('get', { on: on(object), name: 'list' });
    assert.equal(tree.type, 'Array');
    assert.equal(value, object.list);
    assert.equal(question('get', { on: on(object), name: 'f' }).tree.can, 'c');
  });

  test('that are missing are a mistake', (t) => {
    const { question, kind, on } = newAnswers(t);
    const { error } = question('get', { on: on({ a: undefined }), name: 'b' });
    assert.deepEqual(error, {
      kind: 'attribute',
      message: 'an object of type Object has no property b',
    });
    assert.equal(question('get', { on: on({ a: undefined }), name: 'a' }).error, undefined);
    assert.equal(kind('delete', { on: on({}), name: 'b' }), 'attribute');
  });

  test('are set and deleted, unless they are fixed', (t) => {
    const { question, kind, on } = newAnswers(t);
    const object = { a: 1 };
    question('set', { on: on(object), name: 'b', value: 2 });
    question('delete', { on: on(object), name: 'a' });
    assert.deepEqual(object, { b: 2 });
    Object.freeze(object);
    assert.equal(kind('set', { on: on(object), name: 'b', value: 3 }), 'type');
    assert.equal(kind('delete', { on: on(object), name: 'b' }), 'type');
  });

  test('are listed, inherited ones as well', (t) => {
    const { value, on } = newAnswers(t);
    const names = value('dir', { on: on({ a: 1 }) });
    assert.ok(names.includes('a') && names.includes('hasOwnProperty'));
    assert.deepEqual(value('keys', { on: on({ a: 1, b: 2 }) }), ['a', 'b']);
    assert.deepEqual(value('entries', { on: on({ a: 1 }) }), [['a', 1]]);
  });
});

describe('items', () => {
  test('of an array go by number, from either end', (t) => {
    const { value, kind, on } = newAnswers(t);
    const list = [10, 20, 30];
    assert.equal(value('item', { on: on(list), key: -1 }), 30);
    assert.equal(value('item', { on: on(list), key: 1n }), 20);
    assert.equal(kind('item', { on: on(list), key: 3 }), 'index');
    assert.equal(kind('item', { on: on(list), key: -4 }), 'index');
    for (const key of [null, '0', 1.5, [1]]) {
      assert.equal(kind('item', { on: on(list), key }), 'type', String(key));
    }
    value('setItem', { on: on(list), key: 0, value: 'new' });
    value('deleteItem', { on: on(list), key: 1 });
    assert.deepEqual(list, ['new', 30]);
    assert.equal(value('contains', { on: on(list), key: 30 }), true);
    assert.equal(value('length', { on: on(list) }), 2);
  });

  test('of a Map go by key', (t) => {
    const { value, kind, on } = newAnswers(t);
    const map = new Map([['a', 1]]);
    assert.equal(value('item', { on: on(map), key: 'a' }), 1);
    assert.equal(kind('item', { on: on(map), key: 'b' }), 'key');
    assert.equal(kind('deleteItem', { on: on(map), key: 'b' }), 'key');
    value('setItem', { on: on(map), key: 'b', value: 2 });
    value('deleteItem', { on: on(map), key: 'a' });
    assert.deepEqual([...map], [['b', 2]]);
    assert.equal(value('length', { on: on(map) }), 1);
  });

  test('of a list of nodes cannot be deleted', (t) => {
    const { kind, value, on } = newAnswers(t);
    assert.equal(value('item', { on: on(new NodeList('first')), key: 0 }), 'first');
    assert.equal(kind('deleteItem', { on: on(new NodeList('first')), key: 0 }), 'type');
  });
});

describe('iteration', () => {
  test('takes arrays, Maps and Sets at once', (t) => {
    const { value, on } = newAnswers(t);
    const inner = {};
    const { iterator, values } = value('iterate', { on: on([1, inner]) });
    assert.equal(iterator, null);
    assert.equal(values[1], inner);
    assert.deepEqual(value('iterate', { on: on(new Map([['a', 1]])) }).values, [['a', 1]]);
  });

  test('of anything else goes item by item', (t) => {
    const { value, kind, on } = newAnswers(t);
    const made = (function* () {
      yield 1;
    })();
    const { iterator } = value('iterate', { on: on(made) });
    assert.equal(value('next', { on: on(iterator) }), 1);
    assert.equal(kind('next', { on: on(iterator) }), 'stop');
  });

  test('of what only looks like an iterator is a mistake, not an item', (t) => {
    const { kind, on } = newAnswers(t);
    for (const step of [Promise.resolve({ value: 1 }), 5, null]) {
      assert.equal(kind('next', { on: on({ next: () => step }) }), 'type');
    }
  });
});

describe('calls', () => {
  test('have their this, their arguments and a value', (t) => {
    const { value, on } = newAnswers(t);
    const self = { n: 1 };
    const add = function (a, b) {
      return this.n + a + b;
    };
    assert.equal(value('call', { on: on(add), this: on(self), args: [2, 3] }), 6);
    const plain = (...args) => args.length;
    assert.equal(value('call', { on: on(plain), this: null, args: [1, {}] }), 2);
  });

  test('make objects, which are referred to even if they could be copied', (t) => {
    const { question, on } = newAnswers(t);
    assert.equal(question('new', { on: on(Array), args: [3] }).tree.type, 'Array');
  });

  test('copy what is returned where that can be done', (t) => {
    const { question, on } = newAnswers(t);
    const f = () => ({ a: [1, new Map([[1, 2]])] });
    assert.deepEqual(question('call', { on: on(f), this: null, args: [] }).value, {
      a: [1, new Map([[1, 2]])],
    });
    const g = () => ({ a: () => {} });
    assert.equal(question('call', { on: on(g), this: null, args: [] }).tree.$, 'js');
  });

  test('take Python objects as proxies and send them back as themselves', (t) => {
    const { host, references } = newAnswers(t);
    const seen = [];
    const keep = (it) => void seen.push(it);
    const function_ = references.refer(keep);
    const object = { $: 'py', id: 'x-1', type: 'Thing', can: '' };
    host.answer({
      ask: 1,
      op: 'call',
      parts: 0,
      with: JSON.stringify({ on: function_, this: null, args: [object] }),
    });
    assert.deepEqual(seen, [{ proxyOf: 'x-1' }]);
  });
});

describe('an error', () => {
  const failing = (thrown) => () => {
    throw thrown;
  };

  test('has its name, message and stack', (t) => {
    const { question, on } = newAnswers(t);
    const f = failing(new RangeError('far'));
    const { error } = question('call', { on: on(f), this: null, args: [] });
    assert.equal(error.name, 'RangeError');
    assert.equal(error.message, 'far');
    assert.match(error.stack, /answers\.test/);
  });

  for (const [thrown, message] of [
    ['text', 'text'],
    [null, 'null'],
    [undefined, 'undefined'],
    [Object.create(null), 'something that has no text was thrown'],
  ]) {
    test(`may be anything: ${message}`, (t) => {
      const { question, on } = newAnswers(t);
      const { error } = question('call', { on: on(failing(thrown)), this: null, args: [] });
      assert.deepEqual(error, { name: 'Error', message, stack: '' });
    });
  }

  test('answers a question that is not known', (t) => {
    const { question } = newAnswers(t);
    assert.match(question('dance').error.message, /no such question: dance/);
    assert.match(question('toString').error.message, /no such question/);
  });

  test('answers for an object that Python does not hold', (t) => {
    const { host } = newAnswers(t);
    const tree = { on: { $: 'js', id: 999 }, name: 'a' };
    host.answer({ ask: 1, op: 'get', parts: 0, with: JSON.stringify(tree) });
    assert.match(JSON.parse(host.inputs[0]).error.message, /loaded again/);
  });
});

describe('a large answer', () => {
  test('travels in pieces beside the answer', (t) => {
    const { value, on, said } = newAnswers(t);
    const big = new Float64Array(1_200_000).map((_, i) => i);
    const { data } = value('call', { on: on(() => big), this: null, args: [] });
    assert.deepEqual(data, big);
    assert.equal(said('part').length, 3);
  });

  test('that is text travels as a buffer', (t) => {
    const { value, on, said } = newAnswers(t);
    const long = 'ä'.repeat(300_000);
    assert.equal(value('call', { on: on(() => long), this: null, args: [] }), long);
    assert.equal(said('part').length, 1);
  });

  test('may be empty', (t) => {
    const { value, on } = newAnswers(t);
    const none = value('call', { on: on(() => new Uint8Array()), this: null, args: [] });
    assert.equal((none.data ?? none).length, 0);
  });
});

describe('parts of a question', () => {
  for (const first of ['parts', 'question']) {
    test(`may come beside it, the ${first} first`, (t) => {
      const { host, tell, references } = newAnswers(t);
      const seen = [];
      const on = references.refer((bytes) => void seen.push([...bytes]));
      const question = {
        ask: 7,
        op: 'call',
        parts: 1,
        with: JSON.stringify({ on, this: null, args: [{ $: 'bytes', b: 0 }] }),
      };
      const give = () => tell('parts', { ask: 7, parts: [new Uint8Array([1, 2])] });
      if (first === 'parts') give();
      host.answer(question);
      assert.equal(host.inputs.length, first === 'parts' ? 1 : 0);
      if (first === 'question') give();
      assert.equal(host.inputs.length, 1);
      assert.deepEqual(seen, [[1, 2]]);
    });
  }
});

describe('a question that is withdrawn', () => {
  test('is followed by a receipt when it has its answer', (t) => {
    const { host, tell, send } = newAnswers(t);
    const ask = send('globals');
    tell('withdraw', { ask, receipt: 9 });
    assert.deepEqual(
      host.inputs.map((text) => JSON.parse(text).ask),
      [ask, 9],
    );
  });

  test('gets a receipt, and does nothing when it comes after all', (t) => {
    const { host, tell, send } = newAnswers(t);
    tell('withdraw', { ask: 5, receipt: 9 });
    assert.deepEqual(host.inputs.map(JSON.parse), [{ ask: 9 }]);
    send('globals', {}, { ask: 5 });
    assert.equal(host.inputs.length, 1);
  });

  test('gets a receipt while it waits for its parts', (t) => {
    const { host, tell, send } = newAnswers(t);
    send('globals', {}, { ask: 6, parts: 1 });
    tell('withdraw', { ask: 6, receipt: 9 });
    tell('parts', { ask: 6, parts: [new Uint8Array(1)] });
    assert.deepEqual(host.inputs.map(JSON.parse), [{ ask: 9 }]);
  });
});

test('the last answer is said again after a lost connection, on the other channel', (t) => {
  const { host, question, said, on } = newAnswers(t);
  question('length', { on: on([1, 2]) });
  const { value } = question('length', { on: on([1, 2, 3]) });
  assert.equal(value, 3);
  host.lose('disconnected');
  host.connect();
  assert.deepEqual(
    said('answer').map(({ content }) => content),
    [{ what: 'answer', ...JSON.parse(host.inputs.at(-1)) }],
  );
  assert.equal(host.inputs.length, 2);
});

describe('a promise', () => {
  test('is told of when it is settled', async (t) => {
    const { references, tell, said, read } = newAnswers(t);
    const { id } = references.refer(Promise.resolve([1]));
    tell('await', { ask: 1, id });
    await settled();
    assert.deepEqual(read(1, said('answer')[0].content).value, [1]);
  });

  test('is told of when it is rejected', async (t) => {
    const { references, tell, said } = newAnswers(t);
    const { id } = references.refer(Promise.reject(new RangeError('no')));
    tell('await', { ask: 2, id });
    await settled();
    assert.equal(said('answer')[0].content.error.name, 'RangeError');
  });

  test('that nobody waits for any more is not told of', async (t) => {
    const { references, tell, said } = newAnswers(t);
    const { id } = references.refer(Promise.resolve(1));
    tell('await', { ask: 3, id });
    tell('ignore', { ask: 3 });
    await settled();
    assert.deepEqual(said('answer'), []);
  });

  test('that is settled without a connection is told of once there is one', async (t) => {
    const { host, references, tell, said } = newAnswers(t);
    const { id } = references.refer(Promise.resolve(1));
    tell('await', { ask: 5, id });
    host.lose('disconnected');
    await settled();
    assert.deepEqual(said('answer'), []);
    host.connect();
    await settled();
    assert.equal(said('answer').length, 1);
  });

  test('is told of again with the next connection, until the kernel has taken it', async (t) => {
    const { host, references, tell, said } = newAnswers(t);
    const { id } = references.refer(Promise.resolve(new Uint8Array([7])));
    tell('await', { ask: 6, id });
    await settled();
    host.lose('disconnected');
    host.connect();
    assert.equal(said('part').length, 2);
    const [first, again] = said('answer');
    assert.deepEqual(again.content, first.content);
    host.controlled[host.controls.indexOf(again)].idle();
    host.lose('disconnected');
    host.connect();
    assert.equal(said('answer').length, 2);
  });

  test('is not told of to another kernel, nor when nobody waits for it any more', async (t) => {
    const { host, references, tell, said } = newAnswers(t);
    const { id } = references.refer(Promise.resolve(1));
    tell('await', { ask: 7, id });
    await settled();
    tell('ignore', { ask: 7 });
    host.lose('disconnected');
    host.connect();
    tell('await', { ask: 8, id });
    await settled();
    host.lose('restarted');
    host.connect();
    assert.deepEqual(
      said('answer').map(({ content }) => content.ask),
      [7, 8],
    );
  });

  test('of a page that was loaded again is an error', async (t) => {
    const { tell, said } = newAnswers(t);
    tell('await', { ask: 4, id: 999 });
    await settled();
    assert.match(said('answer')[0].content.error.message, /loaded again/);
  });
});

describe('what Python tells', () => {
  test('is heard by the page that it is for, or by all', (t) => {
    const { tell, said } = newAnswers(t);
    tell('who', {}, 'another-page');
    assert.equal(said('here').length, 0);
    tell('who', {}, null);
    tell('who');
    assert.equal(said('here').length, 2);
    tell('constructor');
  });

  test('ends references that are needed no more', (t) => {
    const { references, tell } = newAnswers(t);
    const object = {};
    const { id } = references.refer(object);
    references.refer(object);
    tell('release', { counts: [[id, 1]] });
    assert.equal(references.load.given, 1);
    tell('release', { counts: [[id, 1]] });
    assert.equal(references.load.given, 0);
  });
});
