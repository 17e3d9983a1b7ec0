/** Where a view goes next. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { newPage } from './amd.mjs';

const { Playback, MODES } = newPage()('playback');

function at(index, length, mode = 'loop', direction = 1) {
  return Object.assign(new Playback(), { index, length, mode, direction });
}

const indices = (playback, count) => playback.ahead(count).map((step) => step.index);

test('the modes are those of the controls', () => {
  assert.deepEqual(MODES, ['loop', 'once', 'reflect']);
});

describe('what comes ahead', () => {
  test('wraps around in a loop, and ends where it began', () => {
    assert.deepEqual(indices(at(3, 5), 3), [4, 0, 1]);
    assert.deepEqual(indices(at(3, 5), 100), [4, 0, 1, 2]);
    assert.deepEqual(indices(at(1, 5, 'loop', -1), 3), [0, 4, 3]);
  });

  test('ends with the last frame when played once', () => {
    assert.deepEqual(indices(at(3, 5, 'once'), 9), [4]);
    assert.deepEqual(indices(at(4, 5, 'once'), 9), []);
    assert.deepEqual(indices(at(1, 5, 'once', -1), 9), [0]);
  });

  test('turns at the ends when reflected, each frame named once', () => {
    assert.deepEqual(indices(at(3, 5, 'reflect'), 9), [4, 2, 1, 0]);
    assert.deepEqual(indices(at(1, 5, 'reflect', -1), 9), [0, 2, 3, 4]);
  });

  test('goes on while the length is unknown', () => {
    assert.deepEqual(indices(at(3, null), 3), [4, 5, 6]);
    assert.deepEqual(indices(at(1, null, 'loop', -1), 3), [0]);
  });

  test('is nothing where there is one frame', () => {
    for (const mode of MODES) assert.deepEqual(indices(at(0, 1, mode), 9), []);
  });
});

describe('the clock', () => {
  test('says how many frames are due at a rate and a speed', () => {
    const playback = Object.assign(at(0, 100), { rate: 10, speed: 2 });
    assert.equal(playback.due(1000), 0);
    playback.play(1, 1000);
    assert.deepEqual(
      [1000, 1049, 1050, 1100, 1500].map((now) => playback.due(now)),
      [0, 0, 1, 2, 10],
    );
  });

  test('keeps time over many frames, however late each is shown', () => {
    const playback = Object.assign(at(0, 1000), { rate: 30 });
    playback.play(1, 0);
    let shown = 0;
    for (let now = 0; now < 10_000; now += 16.7) {
      const due = playback.due(now);
      if (due < 1) continue;
      playback.go(playback.peek(due), due, now);
      shown += due;
    }
    assert.ok(Math.abs(shown - 300) <= 1, `${shown} frames in ten seconds`);
  });

  test('does not race to catch up after a pause of the page', () => {
    const playback = Object.assign(at(0, 1000), { rate: 10 });
    playback.play(1, 0);
    playback.go(playback.peek(1), 1, 60_000);
    assert.ok(playback.due(60_000) <= 1);
    assert.ok(playback.due(60_100) <= 2);
  });

  test('shows a frame that was waited for as soon as it is there', () => {
    const playback = Object.assign(at(0, 100), { rate: 10 });
    playback.play(1, 0);
    playback.hold(5000);
    assert.equal(playback.due(5000), 1);
  });
});

describe('going on', () => {
  test('reflected, it comes back from either end', () => {
    const playback = at(0, 3, 'reflect');
    const seen = [];
    for (let now = 0; now < 8; now++) {
      playback.go(playback.peek(1), 1, now);
      seen.push(playback.index);
    }
    assert.deepEqual(seen, [1, 2, 1, 0, 1, 2, 1, 0]);
  });

  test('several frames at a time, it stops at the end', () => {
    assert.deepEqual(at(3, 5, 'once').peek(9), { index: 4, direction: 1 });
    assert.equal(at(4, 5, 'once').peek(1), null);
    assert.deepEqual(at(3, 5).peek(4), { index: 2, direction: 1 });
  });

  test('played at the end of a pass, it begins again', () => {
    const forward = at(4, 5, 'once');
    forward.play(1, 0);
    assert.equal(forward.index, 0);
    const backward = at(0, 5, 'once');
    backward.play(-1, 0);
    assert.equal(backward.index, 4);
  });

  test('a place beyond the ends is the end', () => {
    const playback = at(0, 5);
    for (const [wanted, got] of [
      [-1, 0],
      [5, 4],
      [2, 2],
    ]) {
      playback.seek(wanted);
      assert.equal(playback.index, got);
    }
    playback.length = null;
    playback.seek(1000);
    assert.equal(playback.index, 1000);
  });
});
