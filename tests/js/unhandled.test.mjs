/** An error that nobody takes is shown by the browser, and one that somebody takes is not. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('unhandled.mjs', import.meta.url));

/** @returns {Promise<string>} what node says of a promise that nobody has taken */
const complaint = (way) =>
  new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, way], (_, _stdout, stderr) => resolve(stderr));
  });

describe('an error of a call', { concurrency: true }, () => {
  for (const way of [
    'nobody takes it',
    'the loop over the items is not taken',
    'onItem does not take it',
    'execute, and nobody takes it',
    'execute, and a stream callback does not',
  ]) {
    test(`surfaces when ${way}`, async () => {
      assert.match(await complaint(way), /the error/);
    });
  }

  test('surfaces when it cannot be sent', async () => {
    assert.match(await complaint('it cannot be sent'), /cannot send function at \$\.code/);
  });

  for (const way of [
    'the promise is taken',
    'the items are taken',
    'execute, and the error callback does',
    'execute, and the output callback does',
  ]) {
    test(`does not when ${way}`, async () => {
      assert.equal(await complaint(way), '');
    });
  }
});
