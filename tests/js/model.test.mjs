/** One model's copy: what it shows, what it sends, and what becomes of what it has sent. */

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { newPage } from './amd.mjs';
import { settled } from './fake_host.mjs';

const { Replica } = newPage({ host: {} })('model');

/** Plays the kernel and the page's frames. */
class Wire {
  said = [];
  frames = [];
  acks = [];

  session = () => 'me';
  soon = (work) => this.frames.push(work);
  shown = (revision) => this.acks.push(revision);

  say(kind, fields) {
    return new Promise((resolve, reject) => this.said.push({ kind, ...fields, resolve, reject }));
  }

  prepare(kind, fields) {
    return () => this.say(kind, fields);
  }

  frame() {
    for (const work of this.frames.splice(0)) work();
  }

  get patches() {
    return this.said.filter(({ kind }) => kind === 'patch').map(({ values }) => values);
  }
}

describe('a copy', () => {
  let wire;
  let replica;
  let heard;

  const state = (values, more = {}) =>
    replica.hear({ kind: 'state', to: 'me', revision: 0, taken: 0, values, ...more });
  const patch = (revision, values, sender = null, number = 0, errors = {}) =>
    replica.hear({ kind: 'patch', revision, values, sender, number, errors });

  beforeEach(async () => {
    wire = new Wire();
    replica = new Replica('id', wire);
    heard = [];
    replica.listen('change:x', (value, old) => heard.push([value, old]));
    void replica.ask();
    state({ x: 1, y: 'a' });
    wire.said[0].resolve();
    await settled();
    heard.length = 0;
  });

  test('asks for the state, and is live when it has it', () => {
    assert.equal(wire.said[0].kind, 'request_state');
    assert.equal(replica.status, 'live');
    assert.deepEqual(Object.fromEntries(replica.shown), { x: 1, y: 'a' });
  });

  for (const name of ['__proto__', 'constructor', 'hasOwnProperty']) {
    test(`may have a trait called ${name}`, () => {
      const changed = [];
      replica.listen('change', (changes) => changed.push(...Object.entries(changes)));
      replica.listen(`change:${name}`, (value) => changed.push(value));
      const values = Object.fromEntries([[name, { polluted: 1 }]]);
      patch(1, values);
      assert.deepEqual(changed, [{ polluted: 1 }, [name, { polluted: 1 }]]);
      replica.set(name, 2);
      replica.save();
      wire.frame();
      assert.deepEqual(Object.entries(wire.patches[0]), [[name, 2]]);
      assert.equal({}.polluted, undefined);
    });
  }

  test('takes no state that is for another page', () => {
    state({ x: 5 }, { to: 'other' });
    assert.equal(replica.shown.get('x'), 1);
  });

  test('shows what another page or Python has changed', () => {
    patch(1, { x: 2 });
    assert.deepEqual(heard, [[2, 1]]);
    assert.equal(replica.before.get('x'), 1);
    assert.deepEqual(wire.acks, [1]);
  });

  test('tells all changes together once', () => {
    const all = [];
    replica.listen('change', (changes) => all.push(changes));
    patch(1, { x: 2, y: 'b' });
    assert.deepEqual(all, [{ x: 2, y: 'b' }]);
  });

  test('shows its own change at once, and sends nothing before it is saved', () => {
    replica.set('x', 5);
    assert.deepEqual(heard, [[5, 1]]);
    wire.frame();
    assert.deepEqual(wire.patches, []);
  });

  test('sends once a frame what was saved until then', () => {
    for (const x of [2, 3, 4]) {
      replica.set('x', x);
      void replica.save();
    }
    assert.equal(wire.frames.length, 1);
    wire.frame();
    assert.deepEqual(wire.patches, [{ x: 4 }]);
  });

  test('joins what is saved while a patch is under way', async () => {
    const save = (x) => {
      replica.set('x', x);
      const done = replica.save();
      wire.frame();
      return done;
    };
    save(2);
    save(3);
    save(4);
    assert.deepEqual(wire.patches, [{ x: 2 }]);
    patch(1, {}, 'me', 1);
    assert.deepEqual(wire.patches, [{ x: 2 }, { x: 4 }]);
    patch(2, {}, 'me', 2);
    for (const { resolve } of wire.said) resolve();
    await settled();
    assert.equal(replica.shown.get('x'), 4);
    assert.equal(wire.said.length, 3);
  });

  test('does not go back to what others set while its own change is under way', () => {
    replica.set('x', 5);
    void replica.save();
    wire.frame();
    patch(1, { x: 2 }, 'other', 7);
    assert.equal(replica.shown.get('x'), 5);
    patch(2, {}, 'me', 1);
    assert.equal(replica.shown.get('x'), 5);
    assert.deepEqual(heard, [[5, 1]]);
  });

  test('shows what Python has made of its change', () => {
    replica.set('x', 500);
    void replica.save();
    wire.frame();
    patch(1, { x: 100 }, 'me', 1);
    assert.deepEqual(heard.at(-1), [100, 500]);
  });

  test('saving resolves when Python has taken it', async () => {
    replica.set('x', 5);
    const done = replica.save();
    let over = false;
    done.then(() => (over = true));
    wire.frame();
    await settled();
    assert.equal(over, false);
    patch(1, {}, 'me', 1);
    await settled();
    assert.equal(over, true);
  });

  test('saving without a change resolves', async () => {
    await replica.save();
    assert.deepEqual(wire.patches, []);
  });

  test('takes back what Python refuses, and says why', async () => {
    const errors = [];
    replica.listen('error', (error, name) => errors.push([error.message, name]));
    replica.set('x', -1);
    replica.set('y', 'b');
    const done = replica.save();
    wire.frame();
    const error = { code: 'python', type: 'TraitError', message: 'no', traceback: '', frames: [] };
    patch(1, { x: 1 }, 'me', 1, { x: error });
    await assert.rejects(done, { name: 'PythonError', type: 'TraitError' });
    assert.deepEqual(Object.fromEntries(replica.shown), { x: 1, y: 'b' });
    assert.deepEqual(errors, [['no', 'x']]);
  });

  test('tells why after what was set is taken back, when it cannot be sent', async () => {
    const events = [];
    replica.listen('change', ({ x }) => events.push(x));
    replica.listen('error', (error) => events.push(error.message));
    replica.set('x', 2);
    const saving = assert.rejects(replica.save(), { message: 'too large' });
    wire.frame();
    wire.said.at(-1).reject(new Error('too large'));
    await saving;
    assert.deepEqual(events, [2, 1, 'too large']);
  });

  test('knows nothing of what others were refused', () => {
    const errors = [];
    replica.listen('error', (error) => errors.push(error));
    patch(1, { x: 1 }, 'other', 1, { x: { message: 'no' } });
    assert.deepEqual([errors, heard], [[], []]);
  });

  test('asks again when a patch is missing', () => {
    patch(3, { x: 2 });
    assert.equal(wire.said.at(-1).kind, 'request_state');
    assert.equal(replica.shown.get('x'), 2);
  });

  test('keeps what is newer than a state that comes late', () => {
    patch(1, { x: 2 });
    state({ x: 1, y: 'b' }, { revision: 0 });
    assert.equal(replica.shown.get('x'), 2);
  });

  test('asks what became of a patch when its answer was lost', async () => {
    replica.set('x', 5);
    const done = replica.save();
    wire.frame();
    wire.said.at(-1).resolve();
    await settled();
    assert.equal(wire.said.at(-1).kind, 'request_state');
    state({ x: 5, y: 'a' }, { revision: 1, taken: 1 });
    await done;
  });

  test('sends again what was lost with the connection, with what was set since', async () => {
    replica.set('x', 5);
    replica.set('y', 'b');
    const done = replica.save();
    wire.frame();
    wire.said.at(-1).reject(Object.assign(new Error('lost'), { code: 'disconnected' }));
    await settled();
    assert.equal(replica.status, 'waiting');
    replica.set('x', 6);
    void replica.save();
    wire.frame();
    void replica.ask();
    state({ x: 1, y: 'a' });
    assert.deepEqual(wire.patches, [
      { x: 5, y: 'b' },
      { x: 6, y: 'b' },
    ]);
    patch(1, {}, 'me', 2);
    await done;
  });

  test('sends the last of several values that were lost', async () => {
    for (const x of [1, 2]) {
      replica.set('x', 10 * x);
      void replica.save();
      replica.send('hello', []).catch(() => {});
    }
    for (const { reject } of wire.said) {
      reject(Object.assign(new Error('lost'), { code: 'disconnected' }));
    }
    await settled();
    void replica.ask();
    state({ x: 1, y: 'a' });
    assert.deepEqual(wire.patches.at(-1), { x: 20 });
  });

  test('gives up a patch that was handled, and not taken', async () => {
    replica.set('x', 5);
    const done = replica.save();
    wire.frame();
    wire.said.at(-1).resolve();
    await settled();
    state({ x: 1, y: 'a' });
    await assert.rejects(done, { code: 'lost-reply' });
    assert.equal(replica.shown.get('x'), 1);
    assert.equal(wire.patches.length, 1);
  });

  test('sends nothing while a state is under way, which would not know of it', async () => {
    patch(3, { y: 'b' });
    replica.set('x', 5);
    void replica.save();
    wire.frame();
    assert.deepEqual(wire.patches, []);
    state({ x: 1, y: 'b' }, { revision: 3 });
    assert.deepEqual(wire.patches, [{ x: 5 }]);
  });

  test('counts its patches on from what the kernel remembers', () => {
    patch(3, { y: 'b' });
    state({ x: 1, y: 'b' }, { revision: 3, taken: 7 });
    replica.set('x', 5);
    void replica.save();
    wire.frame();
    assert.equal(wire.said.at(-1).number, 8);
  });

  test('is not gone when its state cannot be sent, and says why', async () => {
    const errors = [];
    replica.listen('error', (error) => errors.push(error.message));
    void replica.ask();
    const error = { code: 'not-serializable', type: 'E', message: 'no', traceback: '', frames: [] };
    replica.hear({ kind: 'failed', to: 'me', error });
    wire.said.at(-1).resolve();
    await settled();
    assert.deepEqual([errors, replica.status], [['no'], 'live']);
  });

  test('keeps what was set without a connection, though the state cannot be sent then', async () => {
    const errors = [];
    replica.listen('error', (error) => errors.push(error.message));
    replica.become('waiting');
    replica.set('x', 5);
    const saved = replica.save();
    wire.frame();
    void replica.ask();
    const error = { code: 'python', type: 'E', message: 'no', traceback: '', frames: [] };
    replica.hear({ kind: 'failed', to: 'me', error });
    wire.said.at(-1).resolve();
    await settled();
    assert.deepEqual([errors, replica.status, wire.patches], [['no'], 'live', [{ x: 5 }]]);
    patch(1, {}, 'me', 1);
    await saved;
  });

  test('is not gone because answers are lost, and sends what was set since', async () => {
    const errors = [];
    replica.listen('error', (error) => errors.push(error.code));
    replica.set('x', 5);
    const saved = assert.rejects(replica.save(), { code: 'lost-reply' });
    wire.frame();
    replica.set('y', 'b');
    void replica.save();
    wire.frame();
    for (const kind of ['patch', 'request_state']) {
      assert.equal(wire.said.at(-1).kind, kind);
      wire.said.at(-1).resolve();
      await settled();
    }
    await saved;
    assert.deepEqual(errors, ['lost-reply']);
    assert.equal(replica.shown.get('x'), 1);
    assert.equal(replica.status, 'live');
    assert.deepEqual(wire.patches, [{ x: 5 }, { y: 'b' }]);
  });

  test('sends a message behind what was saved before it', async () => {
    replica.set('x', 5);
    void replica.save();
    const sent = replica.send({ hello: 1 }, [new Uint8Array([1, 2, 3]).subarray(1)]);
    assert.deepEqual(
      wire.said.slice(1).map(({ kind }) => kind),
      ['patch', 'message'],
    );
    assert.deepEqual([...wire.said.at(-1).buffers[0]], [2, 3]);
    wire.said.at(-1).resolve();
    await sent;
  });

  test('sends messages in order behind what cannot be sent yet, as they were', async () => {
    replica.become('waiting');
    void replica.ask();
    replica.set('x', 5);
    void replica.save();
    void replica.send('first', []);
    state({ x: 1, y: 'a' });
    void replica.send('second', []);
    wire.said[1].resolve();
    await settled();
    const said = () => wire.said.slice(1).map(({ kind, content }) => content ?? kind);
    assert.deepEqual(said(), ['request_state', 'patch']);
    patch(1, {}, 'me', 1);
    await settled();
    assert.deepEqual(said(), ['request_state', 'patch', 'first', 'second']);
  });

  test('says what Python has refused though the answer to it was lost', async () => {
    const errors = [];
    replica.listen('error', (error, name) => errors.push([error.message, name]));
    replica.set('x', 5);
    const saved = replica.save();
    wire.frame();
    wire.said.at(-1).resolve();
    await settled();
    const description = { code: 'python', type: 'TraitError', message: 'no', traceback: '' };
    state({ x: 1, y: 'a' }, { revision: 1, taken: 1, errors: { x: description } });
    await assert.rejects(saved, { name: 'PythonError' });
    assert.deepEqual(errors, [['no', 'x']]);
    // It may ask again, for another reason.
    void replica.ask();
    state({ x: 1, y: 'a' }, { revision: 1, taken: 1, errors: { x: description } });
    assert.equal(errors.length, 1);
  });

  test('that is over stays so, whatever becomes of what was under way', async () => {
    replica.set('x', 5);
    void replica.save();
    wire.frame();
    replica.lose('closed');
    wire.said.at(-1).reject(Object.assign(new Error('lost'), { code: 'disconnected' }));
    await settled();
    assert.equal(replica.status, 'closed');
    replica.become('waiting');
    assert.equal(replica.status, 'closed');
  });

  test('hears messages', () => {
    const messages = [];
    replica.listen('message', (...message) => messages.push(message));
    replica.hear({ kind: 'message', content: 'hello', buffers: [] });
    assert.deepEqual(messages, [['hello', []]]);
  });

  test('refuses to set what the model does not have', () => {
    assert.throws(() => replica.set('z', 1), {
      code: 'bad-argument',
      message: /no z; it has x, y/,
    });
  });

  for (const [status, code] of [
    ['gone', 'restarted'],
    ['closed', 'destroyed'],
  ]) {
    test(`settles everything with ${code} when it is ${status}, and shows the last state`, async () => {
      replica.set('x', 5);
      const done = replica.save();
      wire.frame();
      replica.set('y', 'z');
      const waiting = replica.save();
      replica.lose(status);
      await assert.rejects(done, { code });
      await assert.rejects(waiting, { code });
      assert.deepEqual(Object.fromEntries(replica.shown), { x: 1, y: 'a' });
      replica.set('x', 6);
      await assert.rejects(replica.save(), { code });
      assert.equal(replica.shown.get('x'), 1);
      await assert.rejects(replica.send('hello', []), { code });
      assert.equal(replica.status, status);
    });
  }

  test('is gone when the kernel is of another version, and says why', async () => {
    const why = Object.assign(new Error('reload the page'), { code: 'version-mismatch' });
    const errors = [];
    replica.listen('error', (error) => errors.push(error));
    void replica.ask();
    wire.said.at(-1).reject(why);
    await settled();
    assert.equal(replica.status, 'gone');
    assert.equal(replica.ending, why);
    assert.deepEqual(errors, [why]);
  });

  test('is gone when nobody answers once there is a connection again', async () => {
    replica.become('waiting');
    void replica.ask();
    wire.said.at(-1).resolve();
    await settled();
    assert.equal(replica.status, 'gone');
  });

  test('lets a listener that fails disturb nobody', (t) => {
    t.mock.method(console, 'error', () => {});
    replica.listen('change:x', () => {
      throw new Error('mine');
    });
    replica.listen('change:x', (value) => heard.push(value));
    patch(1, { x: 2 });
    assert.equal(heard.at(-1), 2);
  });
});

test('a state that was kept is shown until there is a newer one', () => {
  const wire = new Wire();
  const replica = new Replica('id', wire);
  replica.preset({ x: 1 }, 7);
  assert.equal(replica.shown.get('x'), 1);
  assert.equal(replica.status, 'opening');
  replica.hear({ kind: 'state', to: 'me', revision: 9, taken: 0, values: { x: 2 } });
  replica.preset({ x: 1 }, 7);
  assert.equal(replica.shown.get('x'), 2);
});

test('what is set before the kernel answers is sent when it does', () => {
  const wire = new Wire();
  const replica = new Replica('id', wire);
  replica.preset({ x: 1 }, 0);
  replica.set('x', 2);
  void replica.save();
  wire.frame();
  assert.deepEqual(wire.patches, []);
  replica.hear({ kind: 'state', to: 'me', revision: 0, taken: 0, values: { x: 1 } });
  assert.deepEqual(wire.patches, [{ x: 2 }]);
});

for (const how of ['is told', 'is refused', 'is told after a lost connection']) {
  test(`a copy whose first state cannot be sent is gone, when that ${how}`, async () => {
    const wire = new Wire();
    const replica = new Replica('id', wire);
    if (how.endsWith('connection')) replica.become('waiting');
    const errors = [];
    replica.listen('error', (error) => errors.push(error.message));
    void replica.ask();
    const [question] = wire.said;
    if (how === 'is refused') {
      question.reject(Object.assign(new Error('no'), { code: 'interrupted' }));
    } else {
      const error = { code: 'python', type: 'E', message: 'no', traceback: '', frames: [] };
      replica.hear({ kind: 'failed', to: 'me', error });
      question.resolve();
    }
    await settled();
    assert.equal(replica.status, 'gone');
    assert.equal(replica.ending.message, 'no');
    assert.deepEqual(errors, ['no']);
  });
}
