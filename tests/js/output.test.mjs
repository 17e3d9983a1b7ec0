/** Where the output of a call goes. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { newPage } from './amd.mjs';
import { FakeHost } from './fake_host.mjs';

/** The module, with a console that is written down. */
function newOutput(t) {
  const written = [];
  for (const method of ['log', 'warn', 'error']) {
    t.mock.method(console, method, (...args) => void written.push([method, ...args]));
  }
  const host = new FakeHost();
  return { ...newPage({ host })('output'), host, written };
}

const message = (type, content) => ({ header: { msg_type: type }, content });

describe('a callback', () => {
  test('is told, and that there was one', (t) => {
    const { tell } = newOutput(t);
    const told = [];
    assert.equal(
      tell((...args) => told.push(args), 1, 2),
      true,
    );
    assert.deepEqual(told, [[1, 2]]);
  });

  test('that is none is not', (t) => {
    const { tell } = newOutput(t);
    for (const none of [undefined, null, 5, 'text', {}]) assert.equal(tell(none, 1), false);
  });

  test('that throws is shown on the console and changes nothing', (t) => {
    const { tell, written } = newOutput(t);
    const error = new Error('mine');
    const told = tell(() => {
      throw error;
    });
    assert.equal(told, true);
    assert.deepEqual(written, [['error', 'pybridge: a callback failed', error]]);
  });
});

describe('output that no callback takes', () => {
  test('is shown in the cell that owns the caller', (t) => {
    const { showElsewhere, host, written } = newOutput(t);
    const area = {};
    const stream = message('stream', { name: 'stdout', text: 'a' });
    showElsewhere(stream, area);
    assert.deepEqual(host.shown, [{ area, message: stream }]);
    assert.deepEqual(written, []);
  });

  const display = { 'text/plain': 'plain', 'text/html': '<b>' };
  const cases = [
    ['stream', { name: 'stdout', text: 'a' }, ['log', 'a']],
    ['stream', { name: 'stderr', text: 'a' }, ['warn', 'a']],
    ['display_data', { data: display }, ['log', 'plain']],
    ['execute_result', { data: display }, ['log', 'plain']],
    ['display_data', { data: { 'image/png': 'x' } }, ['log', { 'image/png': 'x' }]],
    ['error', { traceback: ['a', 'b'] }, ['error', 'a\nb']],
    ['error', { ename: 'E', evalue: 'v' }, ['error', 'E: v']],
    ['clear_output', { wait: true }, undefined],
  ];
  for (const [type, content, line] of cases) {
    test(`goes to the console without one: ${type} ${JSON.stringify(content)}`, (t) => {
      const { showElsewhere, written } = newOutput(t);
      showElsewhere(message(type, content), null);
      assert.deepEqual(written, line ? [line] : []);
    });
  }
});
