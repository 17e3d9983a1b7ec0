/** Which lane a call takes, and the subshell behind the side lane. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { newPage } from './amd.mjs';
import { FakeHost, settled } from './fake_host.mjs';

const FEATURES = { supported_features: ['kernel subshells'] };
const CALL = { name: 'sim', method: 'status', args: [], kwargs: {} };

function newLanes(t, info = FEATURES) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const host = new FakeHost();
  host.info = info;
  const load = newPage({ host });
  const { request } = load('dispatch');
  const lanes = load('lanes');
  const references = load('references');
  const codec = load('codec');
  /** The last control message of a type, or of a page's word. */
  const at = (type) =>
    host.controls.findLastIndex((sent) => sent.type === type || sent.content.what === type);
  return {
    host,
    lanes,
    references,
    codec,
    request,
    tick: (ms) => t.mock.timers.tick(ms),
    asked: (type) => host.controls.filter((_, i) => host.controls[i].type === type).length,
    control: (type) => ({ ...host.controls[at(type)], hears: host.controlled[at(type)] }),
    declare: (handles, to = null) =>
      host.hearers.get('pybridge.lanes')(JSON.stringify({ to, handles }), []),
  };
}

async function learnt(t) {
  const page = newLanes(t);
  const learning = page.lanes.learn();
  page.declare([], 'this-page');
  page.control('lanes').hears.idle();
  await learning;
  return page;
}

describe('what is known', () => {
  test('is what the kernel has said before, where it has', async (t) => {
    const { lanes, asked, control } = newLanes(t);
    const learning = lanes.learn();
    assert.equal(asked('kernel_info_request'), 0);
    control('lanes').hears.idle();
    await learning;
  });

  test('is asked for where a cell keeps the kernel from saying so', async (t) => {
    const { lanes, control } = newLanes(t, null);
    const learning = lanes.learn();
    control('kernel_info_request').hears.reply(FEATURES);
    await settled();
    control('lanes').hears.idle();
    await learning;
  });

  test('is nothing where there are no subshells', async (t) => {
    const { host, lanes } = newLanes(t, {});
    await lanes.learn();
    assert.deepEqual(host.controls, []);
    assert.equal(lanes.laneOf('call', CALL), 'main');
    assert.equal(lanes.laneOf('call', CALL, 'side'), 'main');
  });

  test('is not waited for for ever', async (t) => {
    const { lanes, tick } = newLanes(t, null);
    const learning = lanes.learn();
    tick(3000);
    await learning;
  });

  test('is asked for once, and again after a loss of the connection', async (t) => {
    const { host, lanes } = await learnt(t);
    const count = () => host.controls.filter(({ content }) => content.what === 'lanes').length;
    await lanes.learn();
    assert.equal(count(), 1);
    host.lose('disconnected');
    host.connect();
    assert.equal(count(), 2);
  });
});

describe('the lane', () => {
  test('is the one that was declared', async (t) => {
    const { lanes, declare } = await learnt(t);
    assert.equal(lanes.laneOf('call', CALL), 'main');
    declare([['sim', ['status']]]);
    assert.equal(lanes.laneOf('call', CALL), 'side');
    assert.equal(lanes.laneOf('call', { ...CALL, method: 'run' }), 'main');
    assert.equal(lanes.laneOf('call', { ...CALL, method: null }), 'main');
    assert.equal(lanes.laneOf('run', { code: '1', name: 'sim', method: 'status' }), 'main');
    declare([['sim', []]]);
    assert.equal(lanes.laneOf('call', CALL), 'main');
    declare([['f', [null]]]);
    assert.equal(lanes.laneOf('call', { name: 'f', method: null }), 'side');
  });

  test('is the one that is wished for', async (t) => {
    const { lanes, declare } = await learnt(t);
    assert.equal(lanes.laneOf('run', {}, 'side'), 'side');
    declare([['sim', ['status']]]);
    assert.equal(lanes.laneOf('call', CALL, 'main'), 'main');
  });

  test('is another page’s to know when it is told to that', async (t) => {
    const { lanes, declare } = await learnt(t);
    declare([['sim', ['status']]], 'another-page');
    assert.equal(lanes.laneOf('call', CALL), 'main');
    declare([['sim', ['status']]], 'this-page');
    assert.equal(lanes.laneOf('call', CALL), 'side');
  });

  test('is learnt anew as a whole', async (t) => {
    const { lanes, declare } = await learnt(t);
    declare([['sim', ['status']]]);
    declare([['other', ['status']]], 'this-page');
    assert.equal(lanes.laneOf('call', CALL), 'main');
  });

  test('is forgotten with the kernel', async (t) => {
    for (const event of [{ type: 'started' }, { type: 'lost', code: 'restarted' }]) {
      t.mock.reset();
      const { host, lanes, declare } = await learnt(t);
      declare([['sim', ['status']]]);
      host.emit(event);
      assert.equal(lanes.laneOf('call', CALL), 'main');
    }
  });
});

describe('the subshell', () => {
  async function calling(t) {
    const page = await learnt(t);
    page.declare([['sim', ['status']]]);
    return page;
  }

  test('is opened with the first call, and is the page’s only one', async (t) => {
    const { host, request, control, asked } = await calling(t);
    const calls = [request('call', CALL), request('call', CALL)];
    assert.equal(host.sent.length, 0);
    control('create_subshell_request').hears.reply({ subshell_id: 'S' });
    await settled();
    assert.deepEqual(
      host.sent.map(({ message }) => message.subshell),
      ['S', 'S'],
    );
    assert.equal(asked('create_subshell_request'), 1);
    assert.deepEqual(control('lane').content, { what: 'lane', id: 'S' });
    for (const [i, sent] of host.sent.entries()) sent.answer(i);
    assert.deepEqual(await Promise.all(calls), [0, 1]);
  });

  test('has a window of its own', async (t) => {
    const { host, request, control } = await calling(t);
    for (let i = 0; i < 20; i++) request('run', { code: '1' }).catch(() => {});
    assert.equal(host.sent.length, 8);
    request('call', CALL).catch(() => {});
    control('create_subshell_request').hears.reply({ subshell_id: 'S' });
    await settled();
    assert.equal(host.sent.length, 9);
    assert.equal(host.last.message.subshell, 'S');
  });

  test('keeps the kernel’s mind on the page', async (t) => {
    const { host, request, control, tick } = await calling(t);
    request('call', CALL).catch(() => {});
    control('create_subshell_request').hears.reply({ subshell_id: 'S' });
    await settled();
    tick(60_000);
    assert.ok(host.controls.some(({ content }) => content.what === 'here'));
  });

  test('is opened anew when the kernel has closed it', async (t) => {
    const { host, request, control } = await calling(t);
    const call = request('call', CALL);
    control('create_subshell_request').hears.reply({ subshell_id: 'S' });
    await settled();
    host.last.over({ status: 'error', ename: 'UnknownSubshellError', evalue: "'S'" });
    await settled();
    control('create_subshell_request').hears.reply({ subshell_id: 'T' });
    await settled();
    assert.equal(host.last.message.subshell, 'T');
    host.last.answer(5);
    assert.equal(await call, 5);
  });

  test('is done without when the kernel gives none, and asked for again', async (t) => {
    const { host, request, control, asked } = await calling(t);
    const call = request('call', CALL);
    control('create_subshell_request').hears.reply({ status: 'error' });
    await settled();
    assert.equal(host.last.message.subshell, undefined);
    host.last.answer(5);
    assert.equal(await call, 5);
    request('call', CALL).catch(() => {});
    assert.equal(asked('create_subshell_request'), 2);
  });

  test('that comes too late is closed with the page all the same', async (t) => {
    const { request, control, tick } = await calling(t);
    request('call', CALL).catch(() => {});
    tick(3000);
    await settled();
    control('create_subshell_request').hears.reply({ subshell_id: 'S' });
    assert.deepEqual(control('lane').content, { what: 'lane', id: 'S' });
  });

  test('of an old kernel is none of the new one’s', async (t) => {
    const { host, request, control, declare } = await calling(t);
    request('call', CALL).catch(() => {});
    const { hears } = control('create_subshell_request');
    host.emit({ type: 'started' });
    hears.reply({ subshell_id: 'S' });
    await settled();
    declare([['sim', ['status']]]);
    request('call', CALL).catch(() => {});
    control('create_subshell_request').hears.reply({ subshell_id: 'T' });
    await settled();
    assert.equal(host.last.message.subshell, 'T');
  });

  test('refuses what is not declared any more, and the main lane takes it', async (t) => {
    const { host, request, control } = await calling(t);
    const call = request('call', CALL);
    control('create_subshell_request').hears.reply({ subshell_id: 'S' });
    await settled();
    host.last.busy().error('wrong-lane').reply().idle();
    await settled();
    assert.equal(host.last.message.subshell, undefined);
    host.last.answer(5);
    assert.equal(await call, 5);
    const wished = request('call', CALL, { lane: 'side' });
    await settled();
    host.last.busy().error('wrong-lane').reply().idle();
    await assert.rejects(wished, { code: 'wrong-lane' });
  });

  test('refuses a call, and the main lane gets it as it was when it was made', async (t) => {
    const { host, references, codec, request, control } = await calling(t);
    const proxy = references.adopt(
      { $: 'py', id: 'k-1', type: 'list', can: '' },
      { make: () => ({}), meet() {} },
    );
    const numbers = [1];
    const call = request('call', { ...CALL, args: [numbers, new codec.Ref(proxy)] });
    numbers[0] = 0;
    references.destroy(proxy);
    control('create_subshell_request').hears.reply({ subshell_id: 'S' });
    await settled();
    host.last.busy().error('wrong-lane').reply().idle();
    await settled();
    assert.equal(host.last.message.subshell, undefined);
    assert.deepEqual(host.last.request.args, [[1], { $: 'py', id: 'k-1' }]);
    host.last.answer(5);
    assert.equal(await call, 5);
    assert.equal(references.load.held, 0);
  });

  for (const isAborted of [false, true]) {
    const then = isAborted ? 'a cell ahead fails' : 'Python gives it back';
    test(`refuses a call that lends a function, which is lent again, and ${then}`, async (t) => {
      const { host, references, codec, request, control } = await calling(t);
      const lent = () => 1;
      const call = request('call', { ...CALL, args: [new codec.Ref(lent)] }).catch(() => {});
      control('create_subshell_request').hears.reply({ subshell_id: 'S' });
      await settled();
      const { id } = host.last.request.args[0];
      const give = () => references.take([[id, 1]]);
      give();
      host.last.busy().error('wrong-lane').reply().idle();
      await settled();
      assert.equal(host.last.request.args[0].id, id);
      assert.equal(references.mine(id), lent);
      if (isAborted) host.last.over({ status: 'aborted' });
      else {
        give();
        host.last.answer(5);
      }
      await call;
      assert.equal(references.load.given, 0);
    });
  }

  test('refuses a large call, and the main lane gets all of it again', async (t) => {
    const { host, request, control } = await calling(t);
    const large = { ...CALL, args: [new Uint8Array(2 ** 22)] };
    const call = request('call', large);
    control('create_subshell_request').hears.reply({ subshell_id: 'S' });
    const sent = [];
    for (let at = 0; at < 7; at++) {
      await settled();
      const { literal, message } = host.sent[at];
      const { at: lies, op } = JSON.parse(literal);
      sent.push([op ?? 'call', message.subshell]);
      if (lies === undefined) host.sent[at].answer(null);
      else if (message.subshell) host.sent[at].busy().error('wrong-lane').reply().idle();
      else host.sent[at].answer(5);
    }
    assert.equal(await call, 5);
    const inSide = ['upload', 'upload', 'call'].map((what) => [what, 'S']);
    const inMain = ['upload.drop', 'upload', 'upload', 'call'].map((what) => [what, undefined]);
    assert.deepEqual(sent, [...inSide, ...inMain]);
  });
});
