/** Comms of a page's author: each promise settles, and messages come in order. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { newPage } from './amd.mjs';
import { FakeHost, settled } from './fake_host.mjs';

function newComms(t) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const host = new FakeHost();
  t.after(() => host.lose('dead'));
  const { openComm } = newPage({ host })('comm');
  return { host, open: (target, options = {}) => openComm(target, options, null) };
}

/** Open a comm, and give it and what the kernel can do with it. */
async function opened(t) {
  const { host, open } = newComms(t);
  const opening = open('echo');
  await settled();
  const id = host.last.comm.comm_id;
  host.last.over();
  const comm = await opening;
  const says = (data, ours = {}, buffers = []) => host.comms.get(id).message(data, ours, buffers);
  const closes = (data, ours = {}) => host.comms.get(id).close(data, ours, []);
  return { host, comm, says, closes };
}

const ERROR = {
  code: 'python',
  type: 'ValueError',
  message: 'no',
  traceback: '',
  frames: [],
  cause: null,
};

describe('opening a comm', () => {
  test('sends what goes with it, and resolves when Python has taken it', async (t) => {
    const { host, open } = newComms(t);
    let over = false;
    const opening = open('echo', { data: { a: 1 }, buffers: [new Uint8Array([1, 2]).subarray(1)] });
    opening.then(() => (over = true));
    await settled();
    const { comm, buffers, metadata } = host.last.message;
    assert.deepEqual(Object.keys(metadata.pybridge), ['protocol', 'version']);
    assert.equal(comm.type, 'comm_open');
    assert.equal(comm.target_name, 'echo');
    assert.deepEqual(comm.data, { a: 1 });
    assert.deepEqual([...new Uint8Array(buffers[0])], [2]);
    assert.equal(over, false);
    host.last.over();
    assert.equal((await opening).closed, false);
  });

  test('rejects when there is no such target', async (t) => {
    const { host, open } = newComms(t);
    const opening = open('nothing');
    await settled();
    host.comms.get(host.last.comm.comm_id).close({}, {}, []);
    host.last.over();
    await assert.rejects(opening, { code: 'no-handle', message: /"nothing"/ });
    assert.equal(host.comms.size, 0);
  });

  test('rejects with what the target raises', async (t) => {
    const { host, open } = newComms(t);
    const opening = open('echo');
    await settled();
    host.comms.get(host.last.comm.comm_id).close({}, { error: JSON.stringify(ERROR) }, []);
    host.last.over();
    await assert.rejects(opening, { name: 'PythonError', type: 'ValueError' });
  });

  test('that takes too long is taken back', async (t) => {
    const { host, open } = newComms(t);
    const opening = assert.rejects(open('echo', { timeout: 100 }), { code: 'timeout' });
    await settled();
    const asked = host.last;
    t.mock.timers.tick(100);
    await opening;
    await settled();
    assert.deepEqual(
      host.sent.map(({ comm: { type, comm_id } }) => [type, comm_id]),
      [
        ['comm_open', asked.comm.comm_id],
        ['comm_close', asked.comm.comm_id],
      ],
    );
    asked.over();
    host.last.over();
    await settled();
    assert.equal(host.comms.size, 0);
  });

  test('that is cut off is taken back once there is a connection', async (t) => {
    const { host, open } = newComms(t);
    const opening = open('echo');
    await settled();
    host.last.busy();
    host.lose('disconnected');
    await assert.rejects(opening, { code: 'disconnected' });
    host.connect();
    await settled();
    assert.deepEqual(
      host.sent.map(({ comm: { type } }) => type),
      ['comm_open', 'comm_close'],
    );
  });

  test('that takes too long is not sent any more where nothing is', async (t) => {
    const { host, open } = newComms(t);
    host.state = 'connecting';
    const opening = assert.rejects(open('echo', { timeout: 100 }), { code: 'timeout' });
    await settled();
    t.mock.timers.tick(100);
    await opening;
    host.connect();
    await settled();
    assert.deepEqual(host.sent, []);
  });

  test('rejects when the kernel is lost meanwhile', async (t) => {
    const { host, open } = newComms(t);
    const opening = open('echo');
    await settled();
    host.last.busy();
    host.lose('restarted');
    await assert.rejects(opening, { code: 'restarted' });
  });
});

describe('a comm', () => {
  test('gives messages to those who listen, the early ones too', async (t) => {
    const { comm, says } = await opened(t);
    const heard = [];
    says('one');
    const stop = comm.onMessage((data) => heard.push(data));
    says('two');
    stop();
    says('three');
    assert.deepEqual(heard, ['one', 'two']);
  });

  test('keeps nothing for later once somebody has listened', async (t) => {
    const { comm, says } = await opened(t);
    const heard = [];
    comm.onMessage(() => {})();
    says('one');
    comm.onMessage((data) => heard.push(data));
    says('two');
    assert.deepEqual(heard, ['two']);
  });

  test('resolves what it sends when Python has handled it', async (t) => {
    const { host, comm } = await opened(t);
    const sending = comm.send({ b: 2 });
    await settled();
    assert.deepEqual(host.last.comm.data, { b: 2 });
    host.last.over();
    await sending;
  });

  test('rejects it with what Python raises', async (t) => {
    const { host, comm } = await opened(t);
    const sendings = [comm.send(1), comm.send(2)];
    await settled();
    const [first, second] = host.sent.slice(-2);
    first.over({ status: 'ok', error: JSON.stringify(ERROR) });
    await assert.rejects(sendings[0], { type: 'ValueError' });
    second.over();
    await sendings[1];
  });

  test('carries what it was given, though it waits for its turn', async (t) => {
    const { host, comm } = await opened(t);
    const [data, part] = [{ x: 0 }, new Uint8Array(1)];
    for (data.x = 1; data.x <= 12; data.x++) {
      part[0] = data.x;
      void comm.send(data, [part.buffer]);
    }
    for (let x = 1; x <= 12; x++) {
      await settled();
      const { message } = host.sent[x];
      assert.equal(message.comm.data.x, x);
      assert.equal(new Uint8Array(message.buffers[0])[0], x);
      host.sent[x].over();
    }
  });

  test('rejects what nothing in Python says that it has', async (t) => {
    const { host, open } = newComms(t);
    const opening = open('echo');
    await settled();
    host.last.over({ marked: true });
    const comm = await opening;
    const heard = comm.send(1);
    await settled();
    host.last.over({ marked: true });
    await heard;
    const unheard = assert.rejects(comm.send(2), { code: 'lost-reply', message: /Open the comm/ });
    await settled();
    host.last.over();
    await unheard;
  });

  test('rejects what another process of the kernel has taken for it', async (t) => {
    const { host, comm } = await opened(t);
    const sending = comm.send(1);
    await settled();
    host.emit({ type: 'started' });
    host.last.over();
    await assert.rejects(sending, { code: 'restarted' });
  });

  test('refuses what is no JSON, and goes on', async (t) => {
    const { host, comm } = await opened(t);
    await assert.rejects(comm.send(1n), TypeError);
    const sending = comm.send(2);
    await settled();
    host.last.over();
    await sending;
  });

  test('refuses a message that would cost the connection', async (t) => {
    const { comm } = await opened(t);
    await assert.rejects(comm.send({}, [new ArrayBuffer(10 * 2 ** 20)]), { code: 'too-large' });
    // Three bytes each in UTF-8.
    await assert.rejects(comm.send('漢'.repeat(4 * 2 ** 20)), { code: 'too-large' });
  });

  test('is closed however long that takes', async (t) => {
    const { host, open } = newComms(t);
    const opening = open('echo', { timeout: 100 });
    await settled();
    host.last.over();
    const comm = await opening;
    const closing = comm.close();
    await settled();
    t.mock.timers.tick(1000);
    assert.equal(host.last.comm.type, 'comm_close');
    host.last.over();
    await closing;
  });

  test('tells when Python closes it, and takes nothing more', async (t) => {
    const { comm, closes } = await opened(t);
    const heard = [];
    comm.onClose((data) => heard.push(data));
    closes('bye');
    assert.deepEqual(heard, ['bye']);
    assert.equal(comm.closed, true);
    await assert.rejects(comm.send(1), { code: 'destroyed' });
  });

  test('closes Python’s end, once', async (t) => {
    const { host, comm } = await opened(t);
    const closing = comm.close({ bye: 1 });
    await settled();
    assert.equal(host.last.comm.type, 'comm_close');
    host.last.over();
    await closing;
    const { length } = host.sent;
    await comm.close();
    assert.equal(host.sent.length, length);
  });

  test('ends with its kernel', async (t) => {
    const { host, comm } = await opened(t);
    const heard = [];
    comm.onClose((data) => heard.push(data));
    host.emit({ type: 'started' });
    assert.deepEqual(heard, [null]);
    await assert.rejects(comm.send(1), { code: 'restarted' });
  });
});
