/** Frames wanted, decoded and shown in time, with stand-ins for the screen and the kernel's frames. */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { newPage } from './amd.mjs';

const PERIOD = 100;

let told;
let ticking;
let wanted;
let drawn;
let frames;
let screen;
let playback;
let projector;

/** As long as promises that are settled take to be noticed. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Have frames come; each time they are others. */
function come(...indices) {
  for (const index of indices) frames.here.set(index, { mime: 'image/png' });
  projector.came(indices);
  return settle();
}

beforeEach(() => {
  globalThis.document = { hidden: false };
  told = [];
  ticking = new Set();
  wanted = [];
  drawn = [];
  frames = {
    here: new Map(),
    failed: new Map(),
    ahead: 16,
    get: (index) => frames.here.get(index),
    standIn: (index) => index,
    want: (indices) => {
      wanted = indices;
    },
    decoded: (mime, took, pixels) => told.push(['decoded', mime, took, pixels]),
  };
  screen = {
    capacity: 6,
    decoded: new Map(),
    prepare: async (index, frame) => {
      if (screen.decoded.get(index) === frame) return null;
      screen.decoded.set(index, frame);
      return { took: 2, pixels: 12 };
    },
    ready: (index, frame) => screen.decoded.get(index) === frame,
    draw: (index) => drawn.push(index),
    keep: (indices) => {
      for (const index of [...screen.decoded.keys()])
        if (!indices.has(index)) screen.decoded.delete(index);
    },
  };
  const load = newPage({
    loop: { start: (tick) => ticking.add(tick), stop: (tick) => ticking.delete(tick) },
  });
  const { Playback } = load('playback');
  const { Projector } = load('projector');
  playback = new Playback();
  playback.length = 10;
  playback.rate = 1000 / PERIOD;
  projector = new Projector(playback, frames, screen, {
    shown: () => told.push(['shown', projector.drawn]),
    ended: () => told.push(['ended']),
    missed: (error, step) => told.push(['missed', error.code, step.index]),
  });
});

/** Play from the frame that is to be seen; looks are then made by `projector.tick`. */
function play() {
  playback.play(1, 0);
  projector.run();
  projector.ask();
}

test('at rest the frame to see is wanted alone; at play those after it as well', () => {
  playback.seek(3);
  projector.ask();
  assert.deepEqual(wanted, [3]);
  play();
  assert.deepEqual(wanted, [3, 4, 5, 6, 7, 8, 9, 0, 1, 2]);
  assert.equal(frames.rate, 10);
});

test('nothing is wanted where nobody sees it', () => {
  projector.see(false);
  assert.deepEqual(wanted, []);
  projector.see(true);
  assert.deepEqual(wanted, [0]);
  document.hidden = true;
  projector.ask();
  assert.deepEqual(wanted, []);
});

test('a frame is decoded once, and shown once, when it is the one to see', async () => {
  await come(0, 1);
  assert.deepEqual(told, [
    ['decoded', 'image/png', 2, 12],
    ['shown', 0],
  ]);
  projector.ask();
  await settle();
  assert.deepEqual(drawn, [0]);
  assert.equal(projector.shown, 1);
});

test('a frame that comes anew, as in another size, is drawn anew', async () => {
  await come(0);
  await come(0);
  assert.deepEqual(drawn, [0, 0]);
  projector.forget();
  assert.equal(projector.drawn, null);
});

test('a frame that cannot be decoded is told of, and not shown', async (t) => {
  const complaint = t.mock.method(console, 'error', () => {});
  screen.prepare = async () => {
    throw new Error('damaged');
  };
  await come(0);
  assert.match(complaint.mock.calls[0].arguments[0], /could not be decoded/);
  assert.deepEqual(drawn, []);
});

test('the loop runs only while it plays', () => {
  projector.run();
  assert.equal(ticking.size, 0);
  play();
  assert.equal(ticking.size, 1);
  playback.pause();
  projector.run();
  assert.equal(ticking.size, 0);
  play();
  projector.close();
  assert.equal(ticking.size, 0);
});

test('each frame is shown when it is due, and what the clock passes over is counted', async () => {
  play();
  await come(0, 1, 2, 3);
  projector.tick(PERIOD / 2);
  assert.equal(playback.index, 0);
  projector.tick(PERIOD);
  assert.equal(playback.index, 1);
  projector.tick(3 * PERIOD);
  assert.deepEqual(drawn, [0, 1, 3]);
  assert.equal(projector.dropped, 1);
});

test('where the frame that is due is not here the next one is shown, and none counts as dropped', async () => {
  play();
  await come(0, 1);
  projector.tick(4 * PERIOD);
  assert.deepEqual(drawn, [0, 1]);
  assert.equal(projector.dropped, 0);
});

test('play waits for a frame, and goes on as soon as it is there', async () => {
  play();
  await come(0);
  for (let now = PERIOD; now <= 30 * PERIOD; now += PERIOD) projector.tick(now);
  assert.equal(playback.index, 0);
  await come(1, 2, 3);
  projector.tick(30 * PERIOD + 1);
  assert.deepEqual(drawn, [0, 1]);
  assert.equal(projector.dropped, 0);
});

test('frames may come with losses once too many are late, and only while it plays', async () => {
  play();
  await come(0);
  let now = 0;
  const look = () => {
    now += PERIOD;
    projector.tick(now);
  };
  for (let index = 1; index < 8; index++) {
    assert.equal(frames.lossy, false, `up to frame ${index}`);
    // However often one looks, a frame is late once.
    for (let times = 0; times < 5; times++) look();
    await come(index);
    look();
    assert.equal(playback.index, index);
  }
  assert.equal(frames.lossy, true);
  playback.pause();
  projector.ask();
  assert.equal(frames.lossy, false);
});

test('at the end it stops', async () => {
  playback.mode = 'once';
  playback.length = 2;
  play();
  await come(0, 1);
  projector.tick(PERIOD);
  projector.tick(2 * PERIOD);
  assert.deepEqual(told.at(-1), ['ended']);
  assert.equal(playback.playing, false);
});

test('a frame that cannot be had is told of when play comes to it, not before', async () => {
  frames.failed.set(2, { code: 'python' });
  play();
  await come(0, 1);
  projector.tick(PERIOD);
  assert.ok(!told.some(([what]) => what === 'missed'));
  projector.tick(2 * PERIOD);
  assert.deepEqual(told.at(-1), ['missed', 'python', 2]);
});

test('what nobody sees stands still', async () => {
  play();
  await come(0, 1, 2);
  projector.see(false);
  projector.tick(PERIOD);
  assert.equal(playback.index, 0);
});
