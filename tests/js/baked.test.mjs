/** Frames that the notebook holds: read, shown where no kernel is, and never a danger to the page. */

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { newPage } from './amd.mjs';

const load = newPage({ elements: { element: () => ({}) } });
const { parseBaked } = load('baked');
const { Frames } = load('frames');

const FILES = ['one', 'two', 'three'];

/** What pybridge/animation/bake.py writes. */
function document_(changes = {}) {
  const frames = FILES.map((text, i) => ({
    index: 4 * i,
    digest: text,
    size: text.length,
    mime: 'image/webp',
    x: 0,
    y: 0,
    backdrop: null,
  }));
  return JSON.stringify({
    format: 1,
    version: 3,
    length: 12,
    interval: 40,
    repeat: true,
    scale: 1,
    params: [],
    text: '3 of 12 frames',
    partial: true,
    frames,
    data: btoa(FILES.join('')),
    ...changes,
  });
}

describe('reading', () => {
  test('gives each frame with its picture', async () => {
    const baked = parseBaked(document_());
    assert.deepEqual([...baked.frames.keys()], [0, 4, 8]);
    assert.deepEqual(
      await Promise.all([...baked.frames.values()].map(({ blob }) => blob.text())),
      FILES,
    );
    assert.equal(baked.text, '3 of 12 frames');
  });

  test('gives a frame without a picture that of the one before', async () => {
    const [first] = JSON.parse(document_()).frames;
    const frames = [first, { index: 1, digest: first.digest, size: 0 }];
    const baked = parseBaked(document_({ frames, data: btoa('one') }));
    assert.equal(await baked.frames.get(1).blob.text(), 'one');
  });

  test('gives parts with what they are put on', async () => {
    const [first] = JSON.parse(document_()).frames;
    const frames = [{ ...first, backdrop: 'b', backdropSize: 3, x: 5, size: 3 }];
    const baked = parseBaked(document_({ frames, data: btoa('onetwo') }));
    const { part, blob } = baked.frames.get(0);
    assert.equal(await part.backdrop.text(), 'one');
    assert.equal(await blob.text(), 'two');
    assert.equal(part.x, 5);
  });

  test('nothing is nothing', () => {
    assert.equal(parseBaked(null), null);
    assert.equal(parseBaked(''), null);
  });

  const DAMAGED = {
    'no JSON': '{"format": 1',
    'of another format': document_({ format: 2 }),
    'of none': document_({ format: undefined }),
    'without frames': document_({ frames: undefined }),
    'with frames that are none': document_({ frames: [null] }),
    'with a frame without a number': document_({ frames: [{ index: 'x', size: 1 }] }),
    'with data that are no base64': document_({ data: '%%%' }),
    'without data': document_({ data: undefined }),
    'of no length': document_({ length: 'many' }),
    'of a length below zero': document_({ length: -1 }),
    'without an interval': document_({ interval: undefined }),
    'of no scale': document_({ scale: 0 }),
    'without parameters': document_({ params: undefined }),
    'with parameters that are none': document_({ params: [null] }),
    'with parameters of another kind': document_({ params: [{ name: 'x', kind: 'y' }] }),
    'with no frames': document_({ frames: [] }),
    'without words': document_({ text: undefined }),
    'without a version': document_({ version: null }),
    'just a number': '7',
    null: 'null',
    'a list': '[]',
  };

  for (const [what, text] of Object.entries(DAMAGED)) {
    test(`what is damaged is left alone: ${what}`, (context) => {
      const warn = context.mock.method(console, 'warn', () => {});
      assert.equal(parseBaked(text), null);
      assert.equal(warn.mock.callCount(), 1);
    });
  }

  test('keys of the prototype are values like others', () => {
    const text = document_().replace('"format"', '"__proto__":{"length":1},"format"');
    assert.equal(parseBaked(text).length, 12);
    assert.equal({}.length, undefined);
  });
});

describe('frames without a kernel', () => {
  let frames;
  let listener;

  beforeEach(() => {
    listener = { state() {}, came() {}, failed() {}, lost() {} };
    frames = new Frames(null, listener);
    frames.baked = parseBaked(document_()).frames;
  });

  test('the last one before it stands in for one that is not there', () => {
    assert.deepEqual(
      [0, 1, 3, 4, 5, 8, 11].map((index) => frames.standIn(index)),
      [0, 0, 0, 4, 4, 8, 8],
    );
  });

  test('the last one is known', () => {
    assert.equal(frames.furthest, 8);
    assert.equal(new Frames(null, listener).furthest, -1);
  });

  test('nothing is asked for', () => {
    frames.want([0, 1, 2]);
    assert.equal(frames.calls, 0);
  });

  test('with a kernel, each frame is its own, and a baked one is shown until it comes', async () => {
    const asked = [];
    frames.handle = {
      call(_, [indices]) {
        asked.push(...indices);
        return new Promise(() => {});
      },
    };
    assert.equal(frames.standIn(5), 5);
    frames.want([4, 5]);
    assert.deepEqual(asked, [4, 5]);
    assert.equal(await frames.get(4).blob.text(), 'two');
    assert.equal(frames.get(5), undefined);
  });

  test('other frames of the kernel are never mixed with them', () => {
    frames.forget(4);
    assert.equal(frames.get(4), undefined);
  });
});
