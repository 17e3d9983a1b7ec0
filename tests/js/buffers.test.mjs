/** Reading memory and tables, from the items that the kernel sends. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { newPage } from './amd.mjs';

const { readBuffer } = newPage()('buffers');

const header = (type, nbytes, more = {}) => ({
  type,
  shape: [nbytes],
  strides: [1],
  offset: 0,
  ndim: 1,
  itemsize: 1,
  nbytes,
  readonly: true,
  format: 'B',
  dtype: 'uint8',
  c_contiguous: true,
  f_contiguous: true,
  ...more,
});

/** Stands in for a proxy whose kernel sends these items. */
function source(...items) {
  const asks = [];
  return {
    asks,
    async ask(op, fields, { onItem, ...options }) {
      asks.push([op, fields, options]);
      for (const item of items) onItem(item);
    },
  };
}

describe('memory', () => {
  test('is asked for with its type, and put together', async () => {
    const from = source(header('u8', 5), new Uint8Array([1, 2, 3]), new Uint8Array([4, 5]));
    const buffer = await readBuffer(from, 'u8');
    assert.deepEqual(from.asks[0].slice(0, 2), ['buffer', { kind: 'u8', stream: true }]);
    assert.deepEqual([...buffer.data], [1, 2, 3, 4, 5]);
    assert.deepEqual(
      [buffer.shape, buffer.strides, buffer.readonly, buffer.c_contiguous],
      [[5], [1], true, true],
    );
  });

  test('without a type is of its own', async () => {
    const from = source(header('f64', 16), new Uint8Array(new Float64Array([1.5, 2]).buffer));
    const { data } = await readBuffer(from);
    assert.equal(from.asks[0][1].kind, null);
    assert.deepEqual(data, new Float64Array([1.5, 2]));
  });

  test('may be empty', async () => {
    assert.equal((await readBuffer(source(header('u8', 0)))).data.length, 0);
  });

  for (const [type, array] of Object.entries({
    i8: Int8Array,
    u8clamped: Uint8ClampedArray,
    i16: Int16Array,
    u16: Uint16Array,
    i32: Int32Array,
    u32: Uint32Array,
    i64: BigInt64Array,
    u64: BigUint64Array,
    f32: Float32Array,
    dataview: DataView,
  })) {
    test(`of the type ${type} is a ${array.name}`, async () => {
      const buffer = await readBuffer(source(header(type, 8), new Uint8Array(8)));
      assert.ok(buffer.data instanceof array);
    });
  }

  test('of a type that the browser lacks is refused', async () => {
    await assert.rejects(readBuffer(source(header('f128', 0))), { code: 'bad-argument' });
  });

  test('tells how far it is', async () => {
    const steps = [];
    const from = source(header('u8', 3), new Uint8Array(2), new Uint8Array(1));
    await readBuffer(from, undefined, { onProgress: (...step) => steps.push(step) });
    assert.deepEqual(steps, [
      [2, 3],
      [3, 3],
    ]);
  });

  test('of which a part is missing is no memory', async () => {
    const from = source(header('u8', 3), new Uint8Array(2));
    await assert.rejects(readBuffer(from), { code: 'lost-reply', message: /^1 bytes/ });
  });

  test('passes the signal on', async () => {
    const abort = new AbortController();
    const from = source(header('u8', 0));
    await readBuffer(from, undefined, { signal: abort.signal });
    abort.abort();
    assert.equal(from.asks[0][2].signal.aborted, true);
  });

  test('that was released is gone', async () => {
    const buffer = await readBuffer(source(header('u8', 1), new Uint8Array(1)));
    buffer.release();
    buffer.release();
    assert.throws(() => buffer.data, { code: 'destroyed' });
    assert.deepEqual(buffer.shape, [1]);
  });
});

describe('a table', () => {
  const data = new Float64Array([1, 2]);
  const odd = '__proto__';
  const read = (options) =>
    readBuffer(
      source({ columns: ['a', odd], length: 2 }, { data, shape: [2] }, ['x', null]),
      undefined,
      options,
    );

  test('has its columns by name, whatever that is', async () => {
    const table = await read();
    assert.deepEqual([table.names, table.length], [['a', odd], 2]);
    assert.equal(table.columns.a, data);
    assert.deepEqual(table.columns[odd], ['x', null]);
  });

  test('tells how far it is', async () => {
    const steps = [];
    await read({ onProgress: (...step) => steps.push(step) });
    assert.deepEqual(steps, [
      [1, 2],
      [2, 2],
    ]);
  });

  test('that was released is gone', async () => {
    const table = await read();
    table.release();
    assert.throws(() => table.columns, { code: 'destroyed' });
  });
});
