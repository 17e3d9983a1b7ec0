/** The models of a page: who needs them, and what becomes of them when nobody does. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { newPage } from './amd.mjs';
import { FakeHost, settled } from './fake_host.mjs';

/** A model whose state is there, and what the kernel can do with it. */
async function opened(t) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  globalThis.document = { hidden: false };
  globalThis.requestAnimationFrame = (work) => work();
  const host = new FakeHost();
  t.after(() => host.lose('dead'));
  const models = newPage({ host })('models');
  const user = {};
  const model = new models.Model('m', user);
  await settled();
  const says = (said) => host.comms.get('m').message({ body: JSON.stringify(said) }, {}, []);
  const answers = (number) =>
    says({
      kind: 'patch',
      revision: number,
      values: {},
      sender: host.session(),
      number,
      errors: {},
    });
  says({ kind: 'state', to: host.session(), revision: 0, taken: 0, values: { n: 1 } });
  host.last.over();
  await settled();
  const said = () => host.sent.map(({ comm }) => JSON.parse(comm.data.body).kind);
  return { host, models, model, user, answers, said };
}

test('a model that nobody needs is left at once', async (t) => {
  const { models, model, user, said } = await opened(t);
  models.leave('m', user);
  await settled();
  assert.deepEqual(said(), ['request_state', 'leave']);
  assert.equal(model.status, 'closed');
  assert.equal(models.count, 0);
  await assert.rejects(model.save(model.set('n', 2)), { code: 'destroyed' });
});

test('a model that is gone is left as well', async (t) => {
  const { host, models, model, user } = await opened(t);
  models.leave('m', user);
  const other = new models.Model('other', user);
  await settled();
  const failure = { kind: 'failed', to: host.session(), error: { code: 'python', message: 'no' } };
  host.comms.get('other').message({ body: JSON.stringify(failure) }, {}, []);
  host.last.over();
  await settled();
  assert.equal(other.status, 'gone');
  assert.equal(models.count, 1);
  models.leave('other', user);
  assert.equal(models.count, 0);
  assert.equal(model.status, 'closed');
});

test('what its last user has changed has its answer before it is left', async (t) => {
  const { host, models, model, user, answers, said } = await opened(t);
  model.set('n', 2);
  const first = model.save();
  model.set('n', 3);
  const second = model.save();
  models.leave('m', user);
  await settled();
  for (const [number, saved] of [
    [1, first],
    [2, second],
  ]) {
    answers(number);
    host.last.over();
    await saved;
    await settled();
  }
  assert.equal(said().at(-1), 'leave');
  assert.equal(model.status, 'closed');
});

test('a model that is needed again meanwhile stays', async (t) => {
  const { host, models, model, user, answers, said } = await opened(t);
  model.set('n', 2);
  void model.save();
  models.leave('m', user);
  const other = new models.Model('m', {});
  await settled();
  answers(1);
  host.last.over();
  await settled();
  assert.ok(!said().includes('leave'));
  assert.equal(other.status, 'live');
  assert.equal(other.get('n'), 2);
});
