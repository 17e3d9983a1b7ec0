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
    width: 4,
    height: 3,
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
    getContext: () => ({ clearRect: () => drawn.push('clear'), drawImage: (at) => drawn.push(at) }),
  };
  screen = new Screen(canvas);
});

async function prepared(index, blob) {
  const promise = screen.prepare(index, blob);
  decoding.at(-1)();
  await promise;
}

test('a frame is ready once it is decoded, and drawn over nothing', async () => {
  const blob = {};
  const promise = screen.prepare(1, blob);
  assert.equal(screen.ready(1, blob), false);
  decoding[0]();
  await promise;
  assert.equal(screen.ready(1, blob), true);
  screen.draw(1);
  assert.deepEqual([drawn[0], drawn[1].blob, canvas.width, canvas.height], ['clear', blob, 4, 3]);
});

test('the same frame is decoded once', async () => {
  const blob = {};
  await prepared(1, blob);
  await screen.prepare(1, blob);
  assert.equal(decoding.length, 1);
});

test('another picture of the same frame takes the place of the old one', async () => {
  const [old, fresh] = [{}, {}];
  await prepared(1, old);
  await prepared(1, fresh);
  assert.deepEqual([screen.ready(1, old), screen.ready(1, fresh)], [false, true]);
});

test('what is let go of while it is decoded is not kept', async () => {
  const blob = {};
  const promise = screen.prepare(1, blob);
  screen.keep(new Set());
  decoding[0]();
  await promise;
  assert.equal(screen.ready(1, blob), false);
  screen.draw(1);
  assert.deepEqual(drawn, []);
});

test('closed, it gives the memory of its pixels back', async () => {
  await prepared(1, {});
  const { picture } = screen.decoded.get(1);
  screen.close();
  assert.equal(picture.closed, true);
  assert.deepEqual([canvas.width, canvas.height, screen.decoded.size], [0, 0, 0]);
});
