/** Changes of live parameters: which are sent, and what the kernel's own do to the controls. */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { newPage } from './amd.mjs';

/** As much of an element as the controls use. */
class Element extends EventTarget {
  constructor(tag, attributes, children) {
    super();
    Object.assign(this, { tag, children, checked: false, value: '', hidden: false });
    this.type = attributes.type ?? tag;
  }

  setAttribute(name, value) {
    this[name] = value;
  }

  append(...children) {
    this.children.push(...children);
  }
}

const element = (tag, attributes = {}, ...children) => new Element(tag, attributes, children);
const { Params } = newPage({ elements: { element } })('params');

const SLIDER = { kind: 'slider', name: 'freq', value: 1, low: 0, high: 5, step: null };
const TOGGLE = { kind: 'toggle', name: 'grid', value: true };

let sent;
let panel;
let params;

beforeEach(() => {
  sent = [];
  panel = element('div');
  params = new Params(
    panel,
    (changes) => new Promise((resolve, reject) => sent.push({ changes, resolve, reject })),
  );
  params.update([SLIDER, TOGGLE]);
});

test('a slider says its number as exactly as one can point at it', () => {
  const shown = (low, high, value) => {
    params.fields.clear();
    params.update([{ ...SLIDER, low, high, value }]);
    return field('freq').shown.value;
  };
  assert.equal(shown(0, 5, 1 / 3), '0.3333');
  assert.equal(shown(0, 100000, 12345), '12345');
  assert.equal(shown(1000, 1001, 1000.1234), '1000.123');
  assert.equal(shown(0, 1, 1e300), '1e+300');
});

const field = (name) => params.fields.get(name);

function change(name, value) {
  const { input } = field(name);
  if (input.type === 'checkbox') input.checked = value;
  else input.value = String(value);
  input.dispatchEvent(new Event('input'));
}

async function answer() {
  sent.at(-1).resolve();
  await new Promise(setImmediate);
}

async function refuse() {
  sent.at(-1).reject(new Error('no'));
  await new Promise(setImmediate);
}

test('without parameters the panel is hidden', () => {
  assert.equal(panel.hidden, false);
  const empty = element('div');
  new Params(empty, () => Promise.resolve()).update([]);
  assert.equal(empty.hidden, true);
});

test('while a change is on the way only the latest value of each waits', async () => {
  for (const value of [1, 2, 3]) change('freq', value);
  change('grid', false);
  assert.deepEqual(
    sent.map(({ changes }) => changes),
    [{ freq: 1 }],
  );
  await answer();
  assert.deepEqual(sent[1].changes, { freq: 3, grid: false });
  await answer();
  assert.equal(sent.length, 2);
});

test('what the viewer is changing is not overwritten, the rest follows the kernel', async () => {
  change('freq', 3);
  params.update([
    { ...SLIDER, value: 1 },
    { ...TOGGLE, value: false },
  ]);
  assert.equal(field('freq').input.value, '3');
  assert.equal(field('grid').input.checked, false);
  await answer();
  params.update([{ ...SLIDER, value: 4 }]);
  assert.equal(field('freq').input.value, '4');
});

test('what the kernel refuses goes back to what it has, and what was changed since is sent', async () => {
  params.update([SLIDER, { ...TOGGLE, value: false }]);
  change('freq', 3);
  change('grid', true);
  await refuse();
  assert.deepEqual([field('freq').input.value, field('freq').shown.value], ['1', '1']);
  assert.equal(field('grid').input.checked, true);
  assert.deepEqual(sent.at(-1).changes, { grid: true });
  await refuse();
  assert.equal(field('grid').input.checked, false);
  change('freq', 4);
  assert.deepEqual(sent.at(-1).changes, { freq: 4 });
});

test('the number beside a slider is the kernel’s, even beyond its ends', () => {
  params.update([{ ...SLIDER, value: 50 }]);
  assert.equal(field('freq').shown.value, '50');
});

for (const name of ['constructor', '__proto__', 'toString']) {
  test(`a parameter may be called ${name}`, async () => {
    const named = { kind: 'slider', name, value: 1, low: 0, high: 5, step: null };
    params.update([named]);
    change('freq', 2);
    // While another one is on its way.
    params.update([{ ...named, value: 3 }]);
    assert.equal(field(name).input.value, '3');
    await answer();
    change(name, 4);
    assert.deepEqual(Object.entries(sent.at(-1).changes), [[name, 4]]);
    await answer();
  });
}
