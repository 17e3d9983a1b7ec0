/** Frames decoded and drawn, with stand-ins for the browser's canvas and decoder. */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { newPage } from './amd.mjs';

const { Screen } = newPage()('screen');

let canvas;
let drawn;
let decoding;
let screen;

function picture(blob) {
  return {
    width: blob.size?.[0] ?? 4,
    height: blob.size?.[1] ?? 3,
    blob,
    closed: false,
    close() {
      this.closed = true;
    },
  };
}

beforeEach(() => {
  drawn = [];
  decoding = [];
  globalThis.createImageBitmap = (blob) =>
    new Promise((resolve) => decoding.push(() => resolve(picture(blob))));
  canvas = {
    width: 1,
    height: 1,
    getContext: () => ({
      clearRect: (...at) => drawn.push(['clear', at]),
      drawImage: ({ blob }, ...at) => drawn.push([blob, at]),
    }),
  };
  screen = new Screen(canvas);
});

async function prepared(index, frame) {
  const promise = screen.prepare(index, frame);
  for (const decode of decoding) decode();
  return promise;
}

/** A frame of its own, or one put on a backdrop. */
const whole = () => ({ blob: {} });
const part = (backdrop, x, y, size) => ({ blob: { size }, part: { backdrop, x, y } });

test('a frame is ready once it is decoded, and drawn over nothing', async () => {
  const frame = whole();
  const promise = screen.prepare(1, frame);
  assert.equal(screen.ready(1, frame), false);
  decoding[0]();
  const { pixels } = await promise;
  assert.equal(pixels, 12);
  assert.equal(screen.ready(1, frame), true);
  screen.draw(1);
  const all = [0, 0, 4, 3];
  assert.deepEqual(drawn, [
    ['clear', all],
    [frame.blob, all],
  ]);
  assert.deepEqual([canvas.width, canvas.height], [4, 3]);
});

test('a part is put on its backdrop, and takes only its own place back', async () => {
  const backdrop = {};
  await prepared(1, part(backdrop, 1, 0, [2, 1]));
  await prepared(2, part(backdrop, 2, 1, [1, 2]));
  // The backdrop is decoded once.
  assert.equal(decoding.length, 3);
  screen.draw(1);
  assert.deepEqual(
    drawn.map(([what]) => (what === backdrop ? 'backdrop' : what)),
    ['clear', 'backdrop', 'clear', { size: [2, 1] }],
  );
  drawn = [];
  // What was shown may be let go of before the next one is drawn.
  screen.keep(new Set([2]));
  screen.draw(2);
  const [before, now] = [
    [1, 0, 2, 1],
    [2, 1, 1, 2],
  ];
  assert.deepEqual(drawn, [
    ['clear', before],
    [backdrop, [...before, ...before]],
    ['clear', now],
    [{ size: [1, 2] }, now],
  ]);
});

test('a part that covers the one before is all that is drawn', async () => {
  const backdrop = {};
  await prepared(1, part(backdrop, 1, 1, [1, 1]));
  await prepared(2, part(backdrop, 1, 0, [2, 3]));
  screen.draw(1);
  drawn = [];
  screen.draw(2);
  assert.equal(drawn.length, 2);
  drawn = [];
  screen.draw(1);
  assert.equal(drawn.length, 4);
});

test('after a whole picture, or on another backdrop, all of it is drawn', async () => {
  const [one, two] = [{}, {}];
  await prepared(1, part(one, 1, 0, [2, 1]));
  await prepared(2, whole());
  await prepared(3, part(two, 1, 0, [2, 1]));
  for (const index of [1, 2, 1, 3]) {
    drawn = [];
    screen.draw(index);
    if (index !== 2) assert.deepEqual(drawn[0], ['clear', [0, 0, 4, 3]]);
  }
});

test('the same frame is decoded once', async () => {
  const frame = whole();
  await prepared(1, frame);
  assert.equal(await screen.prepare(1, frame), null);
  assert.equal(decoding.length, 1);
});

test('another picture of the same frame takes the place of the old one', async () => {
  const [old, fresh] = [whole(), whole()];
  await prepared(1, old);
  await prepared(1, fresh);
  assert.deepEqual([screen.ready(1, old), screen.ready(1, fresh)], [false, true]);
});

test('what is let go of while it is decoded is not kept', async () => {
  const frame = whole();
  const promise = screen.prepare(1, frame);
  screen.keep(new Set());
  decoding[0]();
  await promise;
  assert.equal(screen.ready(1, frame), false);
  screen.draw(1);
  assert.deepEqual(drawn, []);
});

test('closed, it gives the memory of its pixels back', async () => {
  await prepared(1, whole());
  const { picture } = screen.entries.get(1).decoded;
  screen.close();
  assert.equal(picture.closed, true);
  assert.deepEqual([canvas.width, canvas.height, screen.entries.size], [0, 0, 0]);
});

test('the larger the frames, the fewer are held decoded', () => {
  const capacities = [
    [1, 1],
    [640, 480],
    [1280, 960],
    [8000, 4000],
  ].map(([width, height]) => {
    Object.assign(canvas, { width, height });
    return screen.capacity;
  });
  assert.deepEqual(capacities, [32, 32, 8, 6]);
});
