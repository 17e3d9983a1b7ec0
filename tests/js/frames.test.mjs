/** Which frames are asked for, and which are kept. */

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { newPage } from './amd.mjs';

const load = newPage();
const { Frames, advice, GONE } = load('frames');
const { BridgeError } = load('errors');

/** A kernel that answers when the test says so. */
class Kernel {
  constructor() {
    this.asked = [];
  }

  call(method, [indices, scale], { known, backdrops, link, view, wanted }, { signal, onBusy }) {
    return new Promise((resolve, reject) => {
      const wishes = { scale, known, backdrops, link, view, wanted };
      this.asked.push({ method, indices, ...wishes, signal, onBusy, resolve, reject });
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  }

  /** Answer the oldest request that was not answered. */
  async answer({
    version = 0,
    size = 10,
    mime = 'image/png',
    digest,
    took = 1,
    error = null,
    upTo = Number.POSITIVE_INFINITY,
    pending = [],
  } = {}) {
    const { indices, resolve } = this.asked.find((request) => !request.done);
    this.asked.find((request) => !request.done).done = true;
    const frames = indices
      .filter((index) => index < upTo && !pending.includes(index))
      .map((index) => ({ index, mime, digest: digest ?? String(index), size, backdrop: null }));
    resolve({
      version,
      length: 100,
      reached: 1,
      forwardOnly: null,
      drawing: 'what moves',
      frames,
      data: new Uint8Array(frames.length * size),
      took,
      pending,
      error,
    });
    await new Promise(setImmediate);
  }

  get indices() {
    return this.asked.map((request) => request.indices);
  }
}

let kernel;
let heard;
let frames;

function newFrames(budget) {
  kernel = new Kernel();
  heard = { came: [], failed: [], lost: [], waited: [] };
  frames = new Frames(
    kernel,
    {
      state() {},
      came: (indices) => heard.came.push(...indices),
      failed: (error) => heard.failed.push(error),
      lost: (error) => heard.lost.push(error),
      waiting: (waited) => heard.waited.push(waited),
    },
    budget,
  );
}

beforeEach(() => newFrames());

describe('asking', () => {
  test('two requests are under way at a time, the first frame wanted first', () => {
    frames.want([5, 6, 7, 8]);
    assert.deepEqual(kernel.indices, [[5], [6]]);
  });

  test('what is no longer wanted is never asked for', async () => {
    for (let index = 0; index < 50; index++) frames.want([index]);
    assert.deepEqual(kernel.indices, [[0], [1]]);
    await kernel.answer();
    assert.deepEqual(kernel.indices, [[0], [1], [49]]);
  });

  test('nothing is asked for twice', async () => {
    frames.want([1]);
    frames.want([1]);
    await kernel.answer();
    frames.want([1]);
    assert.equal(kernel.asked.length, 1);
    assert.equal(frames.calls, 1);
  });

  test('another scale is asked for anew, and the old frame serves until it comes', async () => {
    frames.want([1]);
    await kernel.answer();
    frames.scale = 2;
    frames.want([1]);
    assert.equal(kernel.asked[1].scale, 2);
    assert.equal(frames.get(1).scale, 1);
    await kernel.answer();
    assert.equal(frames.get(1).scale, 2);
  });

  test('a call that fails is not made again by itself', async () => {
    frames.want([1, 2, 3]);
    for (const { reject } of kernel.asked) reject(new BridgeError('no-handle', 'none'));
    await new Promise(setImmediate);
    assert.equal(kernel.asked.length, 2);
    assert.equal(heard.lost[0].code, 'no-handle');
    frames.want([1]);
    assert.equal(kernel.asked.length, 3);
  });

  test('a frame that cannot be had is asked for again only on demand', async () => {
    frames.want([1]);
    await kernel.answer({ upTo: 1, error: { index: 1, code: 'python' } });
    assert.equal(heard.failed[0].index, 1);
    frames.want([1]);
    assert.equal(kernel.asked.length, 1);
    frames.retry();
    frames.want([1]);
    assert.equal(kernel.asked.length, 2);
  });

  test('closed, it asks for nothing and tells of nothing', async () => {
    frames.want([1]);
    frames.close();
    assert.ok(kernel.asked[0].signal.aborted);
    kernel.asked[0].reject(new BridgeError('cancelled', ''));
    await new Promise(setImmediate);
    frames.want([2]);
    assert.equal(kernel.asked.length, 1);
    assert.deepEqual(heard.lost, []);
  });
});

describe('frames that workers are at', () => {
  test('are not asked for again until the kernel says so', async () => {
    frames.want([1, 2]);
    await kernel.answer({ pending: [1] });
    await kernel.answer();
    frames.want([1, 2]);
    assert.deepEqual(kernel.indices, [[1], [2]]);
    frames.ready([1]);
    assert.deepEqual(kernel.indices, [[1], [2], [1]]);
    await kernel.answer();
    assert.deepEqual(heard.came, [2, 1]);
    assert.deepEqual(heard.failed, []);
    frames.close();
  });

  test('are asked for many at a time', async () => {
    frames.want(Array.from({ length: 30 }, (_, index) => index));
    await kernel.answer({ pending: [0] });
    await kernel.answer({ pending: [1] });
    assert.deepEqual(kernel.indices[2], [2, 3, 4, 5]);
    assert.equal(kernel.indices[3].length, 16);
    frames.close();
  });

  test('are waited for by frames in between that are there', async () => {
    frames.batch = 4;
    frames.want([4, 5, 6, 7]);
    await kernel.answer({ pending: [5, 7] });
    assert.deepEqual(heard.came, [4, 6]);
    assert.equal(frames.failed.size, 0);
    frames.close();
  });

  test('are asked for again after a while, should the word be lost', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    frames.want([1]);
    await kernel.answer({ pending: [1] });
    t.mock.timers.tick(5000);
    assert.deepEqual(kernel.indices, [[1], [1]]);
    frames.close();
  });

  test('of another size are asked for anew', async () => {
    frames.want([1]);
    await kernel.answer({ pending: [1] });
    frames.resize(2);
    frames.want([1]);
    assert.deepEqual(
      kernel.asked.map(({ scale }) => scale),
      [1, 2],
    );
    frames.close();
  });

  test('are made in the order in which the view will want them', () => {
    frames.view = 'this one';
    frames.want([7, 8, 9]);
    assert.equal(kernel.asked[0].view, 'this one');
    assert.deepEqual(kernel.asked[0].wanted, [7, 8, 9]);
  });
});

describe('how much at a time', () => {
  /** Ask for the frames from 0 on until so many requests were answered. */
  async function play(count, answer) {
    let next = 0;
    for (let i = 0; i < count; i++) {
      frames.want(Array.from({ length: 200 }, (_, k) => next + k));
      await kernel.answer(answer(kernel.asked.find((request) => !request.done).indices.length));
      next = 1 + Math.max(0, ...frames.kept.keys());
    }
  }

  test('grows while the kernel is quick', async () => {
    await play(12, (n) => ({ took: n * 0.5 }));
    assert.equal(frames.batch, 32);
    assert.ok(frames.ahead >= 64);
  });

  test('keeps a kernel busy for a moment only that is slow', async () => {
    await play(12, (n) => ({ took: n * 25 }));
    assert.equal(frames.batch, 4);
    assert.equal(frames.ahead, 16);
  });

  test('recovers from a slow time', async () => {
    await play(12, (n) => ({ took: n * 500 }));
    assert.equal(frames.batch, 1);
    await play(40, (n) => ({ took: n * 0.5 }));
    assert.equal(frames.batch, 32);
  });

  test('more requests are under way on a long way', (t) => {
    t.mock.timers.enable({ apis: [] });
    frames.rate = 50;
    frames.trip = 1000;
    frames.batch = 10;
    frames.cost = 10;
    frames.speed = 1000;
    frames.weight = 1000;
    const data = new Uint8Array(10_000);
    frames.adapt(1000, { frames: Array(10).fill({}), took: 100, data, pending: [] });
    assert.equal(frames.batch, 10);
    assert.equal(frames.window, 5);
  });
});

describe('frames that look alike', () => {
  test('share one picture', async () => {
    frames.want([0]);
    await kernel.answer({ digest: 'same' });
    frames.want([1]);
    assert.equal(kernel.asked[1].known, 'same');
    await kernel.answer({ digest: 'same', size: 0 });
    assert.equal(frames.get(1).blob, frames.get(0).blob);
    assert.equal(frames.bytes, 10);
  });

  test('refer to what was known when they were asked for, whatever came meanwhile', async () => {
    frames.want([0]);
    await kernel.answer({ digest: 'a' });
    frames.batch = 1;
    frames.want([1, 2]);
    const first = frames.get(0).blob;
    const [, one, two] = kernel.asked;
    assert.deepEqual([one.known, two.known], ['a', 'a']);
    await kernel.answer({ digest: 'b' });
    await kernel.answer({ digest: 'a', size: 0 });
    assert.equal(frames.get(2).blob, first);
  });

  test('are not asked for again where they look the same at every scale', async () => {
    frames.want([0]);
    await kernel.answer({ digest: 'same' });
    frames.resize(2);
    frames.want([0]);
    await kernel.answer({ digest: 'same', size: 0 });
    assert.equal(frames.missing(0), false);
    assert.equal(kernel.asked.length, 2);
  });
});

describe('frames on a backdrop', () => {
  const reply = (frames, size) => ({
    version: 0,
    length: 9,
    reached: 1,
    forwardOnly: null,
    drawing: '',
    frames: frames.map((frame) => ({ mime: 'image/png', x: 1, y: 2, size: 2, ...frame })),
    data: Uint8Array.from({ length: size }, (_, i) => i),
    took: 1,
    pending: [],
    error: null,
  });

  async function receive(...replies) {
    for (const { indices, ...answer } of replies) {
      frames.want(indices);
      kernel.asked.at(-1).resolve(answer);
      await new Promise(setImmediate);
    }
  }

  test('hold the one that came with the first of them', async () => {
    frames.batch = 2;
    await receive({
      indices: [0, 1],
      ...reply(
        [
          { index: 0, digest: 'a', backdrop: 'b', backdropSize: 3 },
          { index: 1, digest: 'c', backdrop: 'b', backdropSize: 0 },
        ],
        7,
      ),
    });
    const [one, two] = [frames.get(0), frames.get(1)];
    assert.deepEqual([one.part.x, one.part.y], [1, 2]);
    assert.equal(one.part.backdrop, two.part.backdrop);
    const bytes = async (blob) => [...new Uint8Array(await blob.arrayBuffer())];
    assert.deepEqual(await bytes(one.part.backdrop), [0, 1, 2]);
    assert.deepEqual(await bytes(one.blob), [3, 4]);
    assert.deepEqual(await bytes(two.blob), [5, 6]);
    frames.want([3]);
    assert.deepEqual(kernel.asked.at(-1).backdrops, ['b']);
  });

  test('have only the latest ones remembered for frames to come', async () => {
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    await receive(
      ...keys.map((key, index) => ({
        indices: [index],
        ...reply([{ index, digest: key, backdrop: key, backdropSize: 1 }], 3),
      })),
    );
    frames.want([8]);
    assert.deepEqual(kernel.asked.at(-1).backdrops, ['c', 'd', 'e', 'f']);
    assert.equal(frames.get(0).part.backdrop.size, 1);
  });
});

describe('losses', () => {
  test('are asked for with what was measured, and made good for', async () => {
    frames.want([0]);
    await kernel.answer();
    assert.equal(kernel.asked[0].link, null);
    frames.lossy = true;
    frames.decoded('image/png', 2, 500_000);
    frames.want([1]);
    assert.deepEqual(kernel.asked[1].link, {
      rate: frames.speed,
      decode: { 'image/png': 4 },
    });
    await kernel.answer({ mime: 'image/jpeg' });
    frames.want([1]);
    assert.equal(kernel.asked.length, 2);
    frames.lossy = false;
    frames.want([1]);
    assert.deepEqual([kernel.asked[2].link, kernel.asked[2].known], [null, null]);
    await kernel.answer();
    assert.equal(frames.get(1).mime, 'image/png');
  });
});

describe('keeping', () => {
  test('the least recently used goes when the bytes are spent', async () => {
    // A file takes more than its bytes.
    newFrames(3 * (10 + 8192) + 5);
    for (const index of [0, 1, 2]) {
      frames.want([index]);
      await kernel.answer();
    }
    frames.get(0);
    frames.want([3]);
    await kernel.answer();
    assert.deepEqual([...frames.kept.keys()], [2, 0, 3]);
    assert.equal(frames.bytes, 30);
  });

  test('a frame larger than all there is room for is kept alone', async () => {
    newFrames(5);
    frames.want([0]);
    await kernel.answer();
    frames.want([1]);
    await kernel.answer();
    assert.deepEqual([...frames.kept.keys()], [1]);
  });

  test('a newer version drops what was kept, and a stale reply is dropped', async () => {
    frames.want([0, 1]);
    await kernel.answer({ version: 1 });
    assert.deepEqual([...frames.kept.keys()], [0]);
    frames.want([]);
    await kernel.answer({ version: 0 });
    assert.deepEqual([...frames.kept.keys()], [0]);
    frames.forget(2);
    assert.equal(frames.kept.size, 0);
    assert.equal(frames.bytes, 0);
  });
});

describe('advice', () => {
  test('says what to do about a kernel that is gone', () => {
    for (const code of ['no-handle', 'restarted', 'dead']) {
      assert.equal(advice(new BridgeError(code, '')), GONE);
    }
  });

  test('is the message of any other error', () => {
    assert.equal(advice(new BridgeError('bad-argument', 'no such format')), 'no such format');
    assert.match(advice(new TypeError('odd')), /odd/);
  });
});

describe('in a busy kernel', () => {
  beforeEach(() => newFrames());

  test('what waits is taken back once nobody wants it', async () => {
    frames.want([0]);
    kernel.asked[0].onBusy(1000);
    assert.deepEqual(heard.waited, [1000]);
    frames.want([0, 1]);
    assert.equal(kernel.asked[0].signal.aborted, false);
    frames.want([50]);
    assert.equal(kernel.asked[0].signal.aborted, true);
    await new Promise(setImmediate);
    assert.deepEqual(heard.lost, []);
    assert.deepEqual(heard.waited, [1000, 0]);
    assert.ok(frames.missing(0));
    assert.deepEqual(kernel.indices.at(-1), [50]);
  });

  test('what it is at is left alone', () => {
    frames.want([0]);
    frames.want([50]);
    assert.equal(kernel.asked[0].signal.aborted, false);
  });
});
