/** Values to trees and back, by the vectors that the Python twin reads too. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import vm from 'node:vm';

import { newPage } from './amd.mjs';
import { toHex, toViews } from './lines.mjs';

const load = newPage();
const codec = load('codec');
const { BridgeError } = load('errors');
const { NdArray } = codec;
globalThis.NdArray = NdArray;

const vectors = JSON.parse(readFileSync(new URL('../vectors.json', import.meta.url), 'utf8'));

const evaluate = (source) => vm.runInThisContext(`(${source})`);

const lacks = (vector) =>
  vector.needs && !(vector.needs in globalThis) && `no ${vector.needs} here`;

/** What is sent: the tree as JSON has it, and bytes. */
function encode(value) {
  const buffers = [];
  const tree = codec.encode(value, buffers);
  return { tree: JSON.parse(JSON.stringify(tree)), buffers: toHex(buffers) };
}

const decode = (tree, hex = []) => codec.decode(JSON.stringify(tree), toViews(hex));

function refusal(action, code) {
  let caught;
  assert.throws(action, (error) => {
    caught = error;
    return true;
  });
  assert.ok(caught instanceof BridgeError, `${caught}`);
  assert.equal(caught.code, code);
  return caught;
}

describe('the vectors', () => {
  for (const vector of vectors.values) {
    if (vector.direction !== 'to-js') {
      test(`${vector.name}, to Python`, { skip: lacks(vector) }, () => {
        const { tree, buffers } = encode(evaluate(vector.js));
        assert.deepEqual({ tree, buffers }, { tree: vector.tree, buffers: vector.buffers });
      });
    }
    if (vector.direction !== 'to-python') {
      test(`${vector.name}, to JavaScript`, { skip: lacks(vector) }, () => {
        assert.deepEqual(written(vector), evaluate(vector.js));
      });
    }
  }

  for (const { name, js, code, path } of vectors.refusals.filter(({ js }) => js)) {
    test(`${name}: refused, with the place`, () => {
      const error = refusal(() => codec.encode(evaluate(js), []), code);
      assert.equal(error.path, path);
      assert.ok(error.message.includes(path), error.message);
    });
  }
});

/** Decode a vector's tree as Python writes it, which JSON.stringify would not for -0. */
function written({ tree, buffers }) {
  const text = Object.is(tree, -0) ? '-0.0' : JSON.stringify(tree);
  return codec.decode(text, toViews(buffers));
}

describe('integers', () => {
  for (const sign of [1n, -1n]) {
    test(`of 5000 digits survive, times ${sign}`, () => {
      const value = sign * (10n ** 5000n - 1n);
      assert.equal(decode(encode(value).tree), value);
    });
  }
});

describe('nesting', () => {
  const wraps = [(v) => [v], (v) => ({ a: v }), (v) => new Map([[1, v]]), (v) => ({ $: v })];
  for (const wrap of wraps) {
    test(`well within the bound is fine: ${wrap}`, () => {
      let value = 0;
      for (let i = 0; i < codec.MAX_DEPTH - 10; i++) value = wrap(value);
      assert.deepEqual(decode(encode(value).tree), value);
    });
  }

  test('twice the same value is no cycle', () => {
    const shared = [1, {}];
    const tree = [[1, {}], [1, {}], { a: [1, {}] }];
    assert.deepEqual(encode([shared, shared, { a: shared }]).tree, tree);
  });

  test('the root of the path is the caller’s', () => {
    const error = refusal(() => codec.encode({ a: () => 0 }, [], 'result'), 'not-serializable');
    assert.equal(error.path, 'result.a');
  });
});

describe('what is sent is a copy', () => {
  const sources = {
    'an array': (data) => new NdArray(data),
    'a typed array': (data) => data,
    bytes: (data) => new Uint8Array(data.buffer),
    'an ArrayBuffer': (data) => data.buffer,
    'a DataView': (data) => new DataView(data.buffer),
  };
  for (const [name, make] of Object.entries(sources)) {
    test(`of ${name}`, () => {
      const data = Int8Array.of(1, 2);
      const buffers = [];
      codec.encode([make(data)], buffers);
      data.fill(9);
      assert.deepEqual(toHex(buffers), ['0102']);
    });
  }

  test('of the bytes under a view, and of no more', () => {
    const whole = new ArrayBuffer(64);
    const views = [
      new Float64Array(whole, 8, 2),
      new DataView(whole, 3, 5),
      new Uint8Array(whole, 7),
    ];
    const buffers = [];
    codec.encode(views, buffers);
    assert.deepEqual(
      buffers.map((buffer) => buffer.byteLength),
      [16, 5, 57],
    );
  });
});

describe('what comes back', () => {
  test('owns its memory where its buffer is a part of a message', () => {
    const message = Uint8Array.of(9, 1, 2, 9).buffer;
    const { data } = codec.decode('{"$":"ndarray","dtype":"int8","shape":[2],"b":0}', [
      new DataView(message, 1, 2),
    ]);
    assert.deepEqual([...data], [1, 2]);
    data[0] = 7;
    assert.deepEqual([...new Uint8Array(message)], [9, 1, 2, 9]);
  });

  test('need not be aligned in the message', () => {
    const message = new Uint8Array(17);
    message.set(new Uint8Array(Float64Array.of(0.5, -2).buffer), 1);
    const { data } = codec.decode('{"$":"ndarray","dtype":"float64","shape":[2],"b":0}', [
      new DataView(message.buffer, 1, 16),
    ]);
    assert.deepEqual([...data], [0.5, -2]);
  });

  test('never touches the prototype of all objects', () => {
    const value = codec.decode(
      '[{"__proto__":{"polluted":1}},{"$":"dict","v":[["__proto__",{"polluted":1}]]}]',
      [],
    );
    assert.equal({}.polluted, undefined);
    assert.ok(value.every((item) => Object.getPrototypeOf(item) === Object.prototype));
  });

  test('has halves as floats in a browser without Float16Array', () => {
    const real = globalThis.Float16Array;
    delete globalThis.Float16Array;
    try {
      const older = newPage()('codec');
      // 1.5, -2, the smallest, the largest below one, the largest, infinities, NaN, -0
      const bits = Uint16Array.of(
        0x3e00,
        0xc000,
        1,
        0x3bff,
        0x7bff,
        0x7c00,
        0xfc00,
        0x7e01,
        0x8000,
        0x03ff,
      );
      const array = older.decode('{"$":"ndarray","dtype":"float16","shape":[2,5],"b":0}', [
        new DataView(bits.buffer),
      ]);
      assert.deepEqual([array.dtype, array.shape], ['float32', [2, 5]]);
      const expected = [
        1.5,
        -2,
        2 ** -24,
        2047 / 2048,
        65504,
        Infinity,
        -Infinity,
        NaN,
        -0,
        1023 * 2 ** -24,
      ];
      assert.deepEqual(array.data, Float32Array.from(expected));
    } finally {
      if (real) globalThis.Float16Array = real;
    }
  });
});

describe('NdArray', () => {
  test('has one dimension and the dtype of its data by default', () => {
    const array = new NdArray(Int16Array.of(1, 2));
    assert.deepEqual([array.shape, array.dtype], [[2], 'int16']);
  });

  test('refuses a shape that does not fit the data', () => {
    for (const shape of [[], [3], [2, 2], [0]]) {
      refusal(() => new NdArray(Int8Array.of(1, 2), shape), 'bad-argument');
    }
  });

  test('keeps a shape of its own', () => {
    const shape = [2];
    const array = new NdArray(Int8Array.of(1, 2), shape);
    shape[0] = 5;
    assert.deepEqual(array.shape, [2]);
  });
});

describe('a lie is a bad argument:', () => {
  const array = { $: 'ndarray', dtype: 'int16', shape: [2], b: 0 };
  const lies = {
    'an unknown tag': { $: 'object', v: 1 },
    'a tag that objects inherit': { $: 'constructor', v: 1 },
    'a tag that is a list': { $: [] },
    'a tag that is null': { $: null },
    'a tag that cannot be a string': { $: { toString: 1, valueOf: 1 } },
    'a tag alone': { $: 'int' },
    'an int that is a number': { $: 'int', v: 5 },
    'an int that is no hexadecimal': { $: 'int', v: 'xyz' },
    'a float that is a word': { $: 'float', v: 'many' },
    'a float that objects inherit': { $: 'float', v: 'toString' },
    'a float that is a list': { $: 'float', v: [] },
    'bytes without a buffer': { $: 'bytes', b: 2 },
    'bytes at a negative index': { $: 'bytes', b: -1 },
    'bytes at text': { $: 'bytes', b: 'length' },
    'a datetime that is text': { $: 'datetime', v: 'now' },
    'a datetime beyond any': { $: 'datetime', v: 1e300 },
    'a datetime that is null': { $: 'datetime', v: null },
    'a set that is a number': { $: 'set', v: 5 },
    'a map that is a number': { $: 'map', v: 5 },
    'a map of numbers': { $: 'map', v: [1] },
    'a dict of nulls': { $: 'dict', v: [null] },
    'an array of no dtype that we know': { ...array, dtype: 'object' },
    'an array of a dtype that objects inherit': { ...array, dtype: 'constructor' },
    'an array whose dtype is null': { ...array, dtype: null },
    'an array that is too short': { ...array, shape: [3] },
    'an array that is too long': { ...array, shape: [1] },
    'an array of half an item': { ...array, shape: [1], b: 1 },
    'an array with negative sides': { ...array, shape: [-1, -2] },
    'an array with a side of text': { ...array, shape: ['2'] },
    'an array with a fraction of a side': { ...array, shape: [0.5, 4] },
    'an array whose shape is a number': { ...array, shape: 2 },
  };
  for (const [name, tree] of Object.entries(lies)) {
    test(name, () => {
      for (const wrapped of [tree, [{ a: tree }]]) {
        refusal(() => decode(wrapped, ['61626364', '616263']), 'bad-argument');
      }
    });
  }

  for (const text of ['', '{', 'NaN', "{'a': 1}", '[1,]', undefined]) {
    test(`the text ${text}`, () => {
      refusal(() => codec.decode(text, []), 'bad-argument');
    });
  }

  test('nesting without an end', () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    refusal(() => codec.decode(deep, []), 'bad-argument');
  });
});

describe('references', () => {
  const { Whole, Ref, Deep, foreign } = codec;
  class Thing {}
  const cycle = [1];
  cycle.push(cycle);
  const THING = { $: 'js', type: 'Thing' };
  const ARRAY = { $: 'js', type: 'Array' };

  /** The tree with references that name the class, and how many buffers it has. */
  function referTo(value) {
    const buffers = [];
    const refer = (object) => ({ $: 'js', type: object.constructor.name });
    const tree = codec.encode(value, buffers, '$', refer);
    return { tree: JSON.parse(JSON.stringify(tree)), count: buffers.length };
  }

  for (const [name, value, tree] of [
    ['a number', 1, 1],
    ['plain values', [1, { a: null }], [1, { a: null }]],
    ['an object of a class', new Thing(), THING],
    ['a function', () => 1, { $: 'js', type: 'Function' }],
    ['a symbol', Symbol('s'), { $: 'js', type: 'Symbol' }],
    ['an array with an object', [1, new Thing()], ARRAY],
    ['an object with a function', { f() {} }, { $: 'js', type: 'Object' }],
    ['a cycle', cycle, ARRAY],
    ['an invalid date', new Date(Number.NaN), { $: 'js', type: 'Date' }],
  ]) {
    test(`a whole: ${name}`, () => {
      assert.deepEqual(referTo(new Whole(value)), { tree, count: 0 });
      assert.deepEqual(referTo({ args: [new Whole(value), new Whole(2)] }).tree, {
        args: [tree, 2],
      });
    });
  }

  for (const [name, value, tree] of [
    ['an object', new Thing(), THING],
    ['objects inside', [1, new Thing(), [new Thing()]], [1, THING, [THING]]],
    ['objects under keys', { a: { b: new Thing() }, c: 1 }, { a: { b: THING }, c: 1 }],
    ['objects as keys', new Map([[new Thing(), 1]]), { $: 'map', v: [[THING, 1]] }],
    ['a cycle', [1, cycle], [1, [1, ARRAY]]],
  ]) {
    test(`a deep one: ${name}`, () => {
      assert.deepEqual(referTo(new Deep(value)).tree, tree);
    });
  }

  test('a deep one stops at its depth, counted from where it begins', () => {
    const value = [1, [2, [3]], 'text'];
    const trees = {
      0: ARRAY,
      1: [1, ARRAY, 'text'],
      2: [1, [2, ARRAY], 'text'],
      3: value,
      [-1]: value,
    };
    for (const [depth, tree] of Object.entries(trees)) {
      assert.deepEqual(referTo(new Deep(value, Number(depth))).tree, tree);
      assert.deepEqual(referTo({ a: [new Deep(value, Number(depth)), [[1]]] }).tree, {
        a: [tree, [[1]]],
      });
    }
  });

  test('what is marked goes by reference though it could go by value', () => {
    assert.deepEqual(referTo([new Ref([1]), [1]]).tree, [ARRAY, [1]]);
  });

  test('what is referred to leaves no buffers', () => {
    const array = new Float64Array(2);
    assert.deepEqual(referTo(new Whole([array, new Thing()])), { tree: ARRAY, count: 0 });
    const { tree, count } = referTo([array, new Whole([array, new Thing()]), array]);
    assert.deepEqual([tree[0].b, tree[1], tree[2].b, count], [0, ARRAY, 1, 2]);
  });

  test('what is not sent is not referred to', () => {
    const abroad = new Thing();
    foreign.add(abroad);
    const big = new Uint8Array(2 ** 30 + 1);
    const referred = [];
    const refer = (object) => referred.push(object) && { $: 'js', id: referred.length };
    const whole = [abroad, new Thing()];
    assert.deepEqual({ ...codec.encode(new Whole(whole), [], '$', refer) }, { $: 'js', id: 1 });
    assert.deepEqual(referred, [whole]);
    refusal(() => codec.encode([new Ref(abroad), big], [], '$', refer), 'too-large');
    refusal(() => codec.encode(new Deep([abroad, big]), [], '$', refer), 'too-large');
    assert.equal(referred.length, 1);
  });

  test('what is foreign goes home from anywhere', () => {
    const abroad = new Thing();
    foreign.add(abroad);
    const value = { a: [1, abroad] };
    for (const sent of [value, new Whole(value), new Deep(value)]) {
      assert.deepEqual(referTo(sent).tree, { a: [1, THING] });
    }
    refusal(() => codec.encode(value, []), 'not-serializable');
  });

  test('an error that says more than that it cannot be sent is no reason to refer', () => {
    const refer = () => {
      throw new BridgeError('destroyed', 'gone');
    };
    refusal(() => codec.encode(new Whole([new Thing()]), [], '$', refer), 'destroyed');
    const broken = {
      get a() {
        throw new RangeError('no');
      },
    };
    assert.throws(() => referTo(new Whole(broken)), RangeError);
  });

  test('without references the culprit is named', () => {
    for (const Mark of [Whole, Deep]) {
      assert.deepEqual(encode(new Mark([1])).tree, [1]);
      const error = refusal(() => encode(new Mark([new Thing()])), 'not-serializable');
      assert.equal(error.path, '$[0]');
    }
  });

  test('are adopted wherever they are', () => {
    const text = JSON.stringify([{ $: 'py', id: 'a' }, { b: { $: 'js', id: 2 } }]);
    assert.deepEqual(
      codec.decode(text, [], (tree) => tree.id),
      ['a', { b: 2 }],
    );
    refusal(() => codec.decode(text, []), 'bad-argument');
  });
});

describe('what is of absurd size', () => {
  test('is refused before it is copied', () => {
    // Memory that nobody has written to takes none.
    const big = new Uint8Array(2 ** 30 + 1);
    for (const value of [big, [big], { a: new codec.NdArray(big) }, new codec.Whole(big)]) {
      const buffers = [];
      assert.throws(() => codec.encode(value, buffers, '$', () => null), { code: 'too-large' });
      assert.deepEqual(buffers, []);
    }
  });
});
