/** What the page makes of the version of a kernel. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { newPage } from './amd.mjs';

describe('a kernel', () => {
  /** What a page makes of stamps that it meets, and what it says in the console. */
  function meet(t, ...stamps) {
    const warnings = [];
    t.mock.method(console, 'warn', (text) => warnings.push(text));
    const { agrees } = newPage({ version: { VERSION: '1.2.0', PROTOCOL: 3 } })('stamp');
    return [stamps.map(agrees), warnings];
  }

  test('of the same version is understood without a word', (t) => {
    const stamps = [{ protocol: 3, version: '1.2.0' }, {}];
    assert.deepEqual(meet(t, ...stamps), [[true, true], []]);
  });

  test('of another version with the same protocol is understood, and told of once', (t) => {
    const stamp = { protocol: 3, version: '1.3.0' };
    const [understood, warnings] = meet(t, stamp, stamp);
    assert.deepEqual(understood, [true, true]);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], /this page runs 1\.2\.0, the kernel 1\.3\.0; should something/);
  });

  test('of a newer protocol is not, and the page is to be reloaded', (t) => {
    const [understood, warnings] = meet(t, { protocol: 4, version: '2.0.0' });
    assert.deepEqual(understood, [false]);
    assert.match(warnings[0], /cannot talk: reload the page with Ctrl\+Shift\+R/);
    assert.doesNotMatch(warnings[0], /pip install/);
  });

  test('of an older protocol is not, and is to be upgraded', (t) => {
    const [understood, warnings] = meet(t, { protocol: 2, version: '1.0.0' });
    assert.deepEqual(understood, [false]);
    assert.match(warnings[0], /cannot talk: run `pip install -U pybridge-nbext` in the kernel's/);
    assert.doesNotMatch(warnings[0], /reload/);
  });
});
