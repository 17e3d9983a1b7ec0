/** Bars under cells: whose they are, and when they go. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { newPage } from './amd.mjs';
import { FakeHost } from './fake_host.mjs';

class Bars {
  constructor(put, cancel) {
    Object.assign(this, { put, cancel, shown: [], cleared: 0 });
    made.push(this);
  }

  show(progress) {
    this.shown.push(progress);
    this.put('bars');
  }

  clear() {
    this.cleared += 1;
  }
}

let made = [];

function newCells() {
  made = [];
  const host = new FakeHost();
  host.runs.set('m1', 'the cell').set('m2', 'another cell');
  newPage({ host, bars: { Bars } })('progress');
  return {
    host,
    tell: (asked, number = 1) =>
      host.hearers.get('progress')(JSON.stringify({ number, fraction: 0.5 }), [], asked),
  };
}

test('a cell that runs has bars below it', () => {
  const { host, tell } = newCells();
  tell('m1', 1);
  tell('m1', 2);
  assert.equal(made.length, 1);
  assert.deepEqual(
    made[0].shown.map(({ number }) => number),
    [1, 2],
  );
  assert.deepEqual(host.below[0], ['the cell', 'bars']);
});

test('what is told of no cell of this window is not shown', () => {
  const { tell } = newCells();
  tell('m9');
  assert.deepEqual(made, []);
});

test('the end of a run takes its bars away, and those of no other', () => {
  const { host, tell } = newCells();
  tell('m1');
  tell('m2');
  host.over('m1');
  assert.deepEqual(
    made.map(({ cleared }) => cleared),
    [1, 0],
  );
  tell('m1');
  assert.equal(made.length, 2);
});

test('cancel interrupts the kernel', () => {
  const { host, tell } = newCells();
  tell('m1');
  made[0].cancel();
  assert.equal(host.interrupts, 1);
});

for (const happen of [
  (host) => host.lose('restarted'),
  (host) => host.lose('dead'),
  (host) => host.emit({ type: 'started' }),
]) {
  test(`a kernel that is gone takes all bars along: ${happen}`, () => {
    const { host, tell } = newCells();
    tell('m1');
    tell('m2');
    happen(host);
    assert.deepEqual(
      made.map(({ cleared }) => cleared),
      [1, 1],
    );
  });
}
