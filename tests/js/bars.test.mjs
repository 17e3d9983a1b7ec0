/** What bars say, and when their rows come and go. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { newPage } from './amd.mjs';
import { elements } from './page_elements.mjs';

const LINGER = 1000;

const STAND_INS = {
  elements,
  styles: { style() {} },
  theme: { themeOf: () => 'dark' },
};
const { inWords, putInto } = newPage(STAND_INS)('bars');

const progress = (changes = {}) => ({
  number: 1,
  text: 'looping',
  fraction: 0.5,
  left: 3,
  count: 5,
  elapsed: 3,
  done: false,
  ...changes,
});

function newBars(t) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const time = { now: 0 };
  t.mock.method(performance, 'now', () => time.now);
  const { Bars } = newPage(STAND_INS)('bars');
  const put = [];
  const page = { has: true, cancelled: 0 };
  const bars = new Bars(
    (element) => {
      if (page.has) put.push(element);
      element.isConnected = page.has;
      return page.has;
    },
    () => {
      page.cancelled += 1;
    },
  );
  const panel = () => put.at(-1);
  return {
    bars,
    put,
    page,
    panel,
    button: () => panel().children[1],
    rows: () =>
      panel().children[0].children.map(({ children: [name, bar, words] }) => [
        name.textContent,
        bar.value,
        words.textContent,
      ]),
    tick(ms) {
      time.now += ms;
      t.mock.timers.tick(ms);
    },
  };
}

describe('how far something is, in words', () => {
  for (const [left, words] of [
    [0, '50%, 1 s left'],
    [3.2, '50%, 3 s left'],
    [9.4, '50%, 9 s left'],
    [13, '50%, 15 s left'],
    [57, '50%, 55 s left'],
    [58, '50%, 1 min left'],
    [89, '50%, 1 min left'],
    [120, '50%, 2 min left'],
    [3560, '50%, 59 min left'],
    [3590, '50%, 1 h left'],
    [3900, '50%, 1 h 5 min left'],
    [200_000, '50%, 55 h 33 min left'],
    [null, '50%'],
  ]) {
    test(`with ${left} seconds left: ${words}`, () => {
      assert.equal(inWords(progress({ left })), words);
    });
  }

  test('is nothing more than the truth', () => {
    assert.equal(inWords(progress({ fraction: 0.999, left: null })), '99%');
    assert.equal(inWords(progress({ fraction: 0.29, left: null })), '29%');
    assert.equal(inWords(progress({ fraction: 1, left: 0, done: true })), '100%');
  });

  test('goes down while nothing is told', () => {
    assert.equal(inWords(progress({ left: 9 }), 4), '50%, 5 s left');
    assert.equal(inWords(progress({ left: 9 }), 400), '50%, 1 s left');
  });

  test('is a count and a time where nobody knows the whole', () => {
    const unknown = { fraction: null, left: null, elapsed: 12 };
    assert.equal(inWords(progress({ ...unknown, count: 1234 })), '1,234 in 12 s');
    assert.equal(inWords(progress({ ...unknown, count: null }), 60), '1 min');
  });
});

describe('bars', () => {
  test('come with what is told, and are told apart by their numbers', (t) => {
    const { bars, put, panel, rows } = newBars(t);
    bars.show(progress());
    bars.show(progress({ number: 2, text: 'inner', fraction: null, left: null }));
    bars.show(progress({ fraction: 0.75, left: 1 }));
    assert.equal(put.length, 1);
    assert.equal(panel().dataset.theme, 'dark');
    assert.deepEqual(rows(), [
      ['looping', 0.75, '75%, 1 s left'],
      ['inner', undefined, '5 in 3 s'],
    ]);
  });

  test('count the time while nothing is told', (t) => {
    const { bars, rows, tick } = newBars(t);
    bars.show(progress());
    tick(2000);
    assert.equal(rows()[0][2], '50%, 1 s left');
  });

  test('that are done go after a moment, and the last takes all with it', (t) => {
    const { bars, panel, rows, tick } = newBars(t);
    bars.show(progress());
    bars.show(progress({ number: 2 }));
    bars.show(progress({ fraction: 1, done: true }));
    assert.equal(rows().length, 2);
    tick(LINGER);
    assert.equal(rows().length, 1);
    bars.show(progress({ number: 2, done: true }));
    tick(LINGER);
    assert.equal(panel().isConnected, false);
  });

  test('that are done leave their place to the next', (t) => {
    const { bars, rows, tick } = newBars(t);
    bars.show(progress());
    bars.show(progress({ number: 2, text: 'first', done: true }));
    bars.show(progress({ number: 3, text: 'first' }));
    bars.show(progress({ number: 3, text: 'first', done: true }));
    tick(LINGER / 2);
    bars.show(progress({ number: 4, text: 'second', fraction: 0 }));
    tick(LINGER);
    assert.deepEqual(
      rows().map(([name]) => name),
      ['looping', 'second'],
    );
  });

  test('that are done before they were shown never are', (t) => {
    const { bars, put } = newBars(t);
    bars.show(progress({ done: true }));
    assert.deepEqual(put, []);
  });

  test('cancel once, and say so', (t) => {
    const { bars, button, page } = newBars(t);
    bars.show(progress());
    button().click();
    button().click();
    assert.equal(page.cancelled, 1);
    assert.deepEqual([button().disabled, button().textContent], [true, 'Cancelling…']);
  });

  test('say that they were cancelled also when others follow', (t) => {
    const { bars, panel, button, rows, tick } = newBars(t);
    bars.show(progress());
    button().click();
    bars.show(progress({ done: true }));
    tick(LINGER);
    assert.equal(panel().isConnected, false);
    bars.show(progress({ number: 2, text: 'tidying up' }));
    assert.equal(panel().isConnected, true);
    assert.deepEqual(
      rows().map(([name]) => name),
      ['tidying up'],
    );
    assert.deepEqual([button().disabled, button().textContent], [true, 'Cancelling…']);
  });

  test('that were cleared can be cancelled anew when they come again', (t) => {
    const { bars, button, put, page } = newBars(t);
    bars.show(progress());
    button().click();
    bars.clear();
    bars.show(progress());
    button().click();
    assert.deepEqual([put.length, page.cancelled], [2, 2]);
  });

  test('wait for a place on the page', (t) => {
    const { bars, put, page, rows } = newBars(t);
    page.has = false;
    bars.show(progress());
    assert.deepEqual(put, []);
    page.has = true;
    bars.show(progress({ fraction: 0.6 }));
    assert.equal(rows().length, 1);
  });

  test('keep no timer once they are cleared', (t) => {
    const { bars, rows, tick } = newBars(t);
    bars.show(progress());
    bars.show(progress({ number: 2, done: true }));
    const before = rows();
    bars.clear();
    tick(10 * LINGER);
    assert.deepEqual(rows(), before);
  });
});

describe('a place for bars', () => {
  const target = (holds, isConnected = true) => ({
    isConnected,
    matches: () => holds,
    append: (bars) => bars.push('inside'),
    after: (bars) => bars.push('behind'),
  });

  test('is inside of an element, or behind one that holds none', () => {
    for (const [holds, where] of [
      [true, 'inside'],
      [false, 'behind'],
    ]) {
      const bars = [];
      assert.equal(putInto(target(holds), bars), true);
      assert.deepEqual(bars, [where]);
    }
  });

  test('is not where there is no page', () => {
    assert.equal(putInto(target(true, false), []), false);
  });
});
