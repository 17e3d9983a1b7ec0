/** What the player's keys mean, by what has the focus. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { newPage } from './amd.mjs';

/** As much of an element as is asked of what has the focus. */
class FakeElement {
  constructor(selector = '', type = '') {
    Object.assign(this, { selector, type });
  }

  closest(selectors) {
    return selectors.split(', ').includes(this.selector) ? this : null;
  }
}

Object.assign(globalThis, {
  Element: FakeElement,
  HTMLInputElement: class extends FakeElement {},
  HTMLSelectElement: class extends FakeElement {},
});

const { actionOf } = newPage()('keys');

/** What a key does in the player, and whether the browser or the notebook may do something, too. */
function press(target, key, modifiers = {}) {
  const event = {
    target,
    key,
    ...modifiers,
    stopPropagation: () => (event.stopped = true),
    preventDefault: () => (event.prevented = true),
  };
  const action = actionOf(event, false);
  return { action, browser: !event.prevented, notebook: !event.stopped };
}

const LEFT_ALONE = { action: null, browser: true, notebook: false };

describe('a key', () => {
  const picture = new FakeElement();

  test('is the player’s, and neither the browser’s nor the notebook’s', () => {
    for (const [key, action] of [
      ['ArrowLeft', 'previous'],
      ['End', 'last'],
      [' ', 'play'],
      ['L', 'mode'],
    ]) {
      assert.deepEqual(press(picture, key), { action, browser: false, notebook: false }, key);
    }
  });

  test('that means nothing to the player does not reach the notebook either', () => {
    for (const key of ['d', 'x', 'Enter']) assert.deepEqual(press(picture, key), LEFT_ALONE, key);
  });

  test('that is a shortcut goes where it would', () => {
    const untouched = { action: null, browser: true, notebook: true };
    assert.deepEqual(press(picture, 's', { ctrlKey: true }), untouched);
  });

  test('scrolls the traceback that has the focus', () => {
    const trace = new FakeElement('.pybridge-trace');
    for (const key of ['ArrowLeft', 'ArrowRight', 'ArrowDown', 'Home', 'End', 'PageDown', ' ']) {
      assert.deepEqual(press(trace, key), LEFT_ALONE, key);
    }
  });

  test('that a control takes is left to it', () => {
    for (const [target, key] of [
      [new FakeElement('button'), ' '],
      [new HTMLSelectElement(), 'l'],
      [new HTMLInputElement('', 'range'), 'Home'],
      [new HTMLInputElement('', 'number'), '-'],
      [new HTMLInputElement('', 'checkbox'), ' '],
    ]) {
      assert.deepEqual(press(target, key), LEFT_ALONE, key);
    }
    assert.equal(press(new FakeElement('button'), 'ArrowLeft').action, 'previous');
  });
});
