/** Items of a generator, for whoever iterates over them. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { newPage } from './amd.mjs';
import { settled } from './fake_host.mjs';

const { Items } = newPage()('items');

/** Loop over items; what has come so far is in `got`. */
function loop(items, cancel = () => {}) {
  const looped = { got: [], end: undefined };
  (async () => {
    for await (const item of items.iterate(cancel)) looped.got.push(item);
  })().then(
    () => {
      looped.end = 'end';
    },
    (error) => {
      looped.end = error;
    },
  );
  return looped;
}

describe('a loop over items', () => {
  test('gets them in order, those of before and those that come', async () => {
    const items = new Items();
    items.push(1);
    items.push(2);
    const looped = loop(items);
    await settled();
    items.push(3);
    items.push(4);
    await settled();
    assert.deepEqual(looped, { got: [1, 2, 3, 4], end: undefined });
    items.push(5);
    items.end();
    await settled();
    assert.deepEqual(looped, { got: [1, 2, 3, 4, 5], end: 'end' });
  });

  test('gets undefined and null as items', async () => {
    const items = new Items();
    const looped = loop(items);
    for (const item of [undefined, null, 0]) items.push(item);
    items.end();
    await settled();
    assert.deepEqual(looped, { got: [undefined, null, 0], end: 'end' });
  });

  test('ends with the error, after the items before it', async () => {
    const items = new Items();
    const error = new Error('enough');
    items.push(1);
    items.end(error);
    const looped = loop(items);
    await settled();
    assert.deepEqual(looped.got, [1]);
    assert.equal(looped.end, error);
  });

  test('of nothing ends', async () => {
    const items = new Items();
    const looped = loop(items);
    items.end();
    await settled();
    assert.deepEqual(looped, { got: [], end: 'end' });
  });

  test('that is left early cancels the call, once', async () => {
    const items = new Items();
    let cancels = 0;
    items.push(1);
    for await (const item of items.iterate(() => cancels++)) {
      assert.equal(item, 1);
      break;
    }
    assert.equal(cancels, 1);
  });

  test('that throws cancels the call', async () => {
    const items = new Items();
    let cancels = 0;
    items.push(1);
    const looped = (async () => {
      for await (const _ of items.iterate(() => cancels++)) throw new Error('mine');
    })();
    await assert.rejects(looped, { message: 'mine' });
    assert.equal(cancels, 1);
  });

  test('that is left after the end cancels nothing', async () => {
    const items = new Items();
    let cancels = 0;
    items.push(1);
    items.push(2);
    items.end();
    for await (const _ of items.iterate(() => cancels++)) break;
    assert.equal(cancels, 0);
  });
});
