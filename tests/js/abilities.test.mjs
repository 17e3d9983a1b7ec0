/** What Python may do with an object of the page. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { newPage } from './amd.mjs';
import { HTMLCollection, NodeList } from './nodes.mjs';

const { abilities, typeName, isList, isMap } = newPage()('abilities');

/** What jQuery() gives, as far as it matters. */
class Nodes {
  get() {}
  has() {}
  next() {}
  [Symbol.iterator]() {
    return [][Symbol.iterator]();
  }
}

/** Letters in any order. */
const can = (object) => [...abilities(object)].sort().join('');

describe('abilities', () => {
  for (const [what, object, letters] of [
    ['a plain object', { size: 1, length: 2 }, ''],
    ['an array', [], 'ghils'],
    ['a typed array', new Float64Array(2), 'ghils'],
    ['a view of bytes', new DataView(new ArrayBuffer(2)), ''],
    ['a Map', new Map(), 'ghils'],
    ['a WeakMap', new WeakMap(), 'ghs'],
    ['a Set', new Set(), 'hil'],
    ['a list of nodes', new NodeList(), 'ghil'],
    ['a collection of elements', new HTMLCollection(), 'ghil'],
    ['a map that cannot be changed', { get() {}, has() {} }, 'gh'],
    ['a function', () => {}, 'c'],
    ['a class', class {}, 'c'],
    ['a promise', Promise.resolve(), 'a'],
    ['a generator', (function* () {})(), 'in'],
    ['an asynchronous generator', (async function* () {})(), ''],
    ['an iterator that is not iterable', { next() {} }, 'n'],
    ['what has a next() of another kind, as jQuery', new Nodes(), 'ghi'],
    ['what has no size by itself', Map.prototype, 'ghis'],
    ['a text', 'text', ''],
    ['a symbol', Symbol('s'), ''],
    ['nothing', null, ''],
  ]) {
    test(`of ${what}`, () => assert.equal(can(object), letters));
  }

  test('are none where looking for them fails', () => {
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error('of another origin');
        },
      },
    );
    assert.equal(can(hostile), '');
    assert.equal(typeof typeName(hostile), 'string');
  });
});

describe('a type', () => {
  for (const [what, object, name] of [
    ['a plain object', {}, 'Object'],
    ['an instance', new (class Point {})(), 'Point'],
    ['a function', () => {}, 'Function'],
    ['a class', class Point {}, 'Function'],
    ['an object without a prototype', Object.create(null), 'Object'],
    ['an object that lies about its class', { constructor: 5 }, 'Object'],
    ['a symbol', Symbol('s'), 'Symbol'],
  ]) {
    test(`of ${what}`, () => assert.equal(typeName(object), name));
  }
});

test('items go by number or by key', () => {
  assert.ok(isList([]) && isList(new Uint8Array()) && isList(new NodeList()));
  assert.ok(!isList({ length: 1 }) && !isList(new Map()) && !isList('text'));
  assert.ok(isMap(new Map()) && !isMap(new Set()) && !isMap([]));
});
