/** What a page says last, and what the next one of its tab says for it. */

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { newPage } from './amd.mjs';
import { FakeHost } from './fake_host.mjs';
import { FakeStorage } from './fake_storage.mjs';

function newTab(state, session) {
  const host = new FakeHost(state);
  host.session = () => session;
  newPage({ host })('farewell');
  return host;
}

const byes = (host) =>
  host.controls.map(({ content }) => content).filter(({ what }) => what === 'bye');

describe('a farewell', () => {
  beforeEach(() => {
    globalThis.sessionStorage = new FakeStorage();
  });

  test('is said by the page', () => {
    const host = newTab('connected', 'a');
    assert.deepEqual(byes(host), []);
    host.emit({ type: 'leaving' });
    assert.deepEqual(byes(host), [{ what: 'bye' }]);
  });

  test('is said once more by the next page of the tab, once', () => {
    newTab('connected', 'a').emit({ type: 'leaving' });
    const next = newTab('connected', 'b');
    assert.deepEqual(byes(next), [{ what: 'bye', of: 'a' }]);
    next.emit({ type: 'connected' });
    assert.equal(byes(next).length, 1);
    assert.deepEqual(byes(newTab('connected', 'c')), []);
  });

  test('waits for a connection', () => {
    newTab('connected', 'a').emit({ type: 'leaving' });
    const next = newTab('connecting', 'b');
    assert.deepEqual(byes(next), []);
    next.connect();
    assert.deepEqual(byes(next), [{ what: 'bye', of: 'a' }]);
  });

  test('is said where a tab may keep nothing', () => {
    Object.defineProperty(globalThis, 'sessionStorage', {
      configurable: true,
      get() {
        throw new Error('denied');
      },
    });
    const host = newTab('connected', 'a');
    host.emit({ type: 'leaving' });
    assert.deepEqual(byes(host), [{ what: 'bye' }]);
    delete globalThis.sessionStorage;
  });
});
