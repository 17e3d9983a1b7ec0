/**
 * Gives a page anything in the place of what a kernel says: `{what, ...}` in; out comes `{outcome}`,
 * "value" or an error's name and code, and whether anything was done to what all objects share.
 */

import { newPage } from './amd.mjs';
import { FakeHost, settled } from './fake_host.mjs';
import { serve, toViews } from './lines.mjs';

const host = new FakeHost();
const load = newPage({ host, elements: { element: () => ({}) } });
const codec = load('codec');
const references = load('references');
const { request, MIME } = load('dispatch');
const { readBuffer } = load('buffers');
const { parseBaked } = load('baked');
const { Frames } = load('frames');
const { Replica } = load('model');
const { openComm } = load('comm');
load('lanes');
const adopter = { make: (entry) => ({ proxyOf: entry.id }), meet() {} };
load('answers').adoptWith(adopter);

// What a callback throws is told here, and what is damaged.
console.error = console.warn = console.log = () => {};
// Nothing that was begun may keep this process.
globalThis.setTimeout = globalThis.setInterval = () => 0;

const decode = (text, buffers) =>
  codec.decode(text, toViews(buffers), (tree) => references.adopt(tree, adopter));

/** What the kernel's reply to a call makes of it. */
async function reply(message, buffers) {
  const call = request('run', { code: '' }, { adopter });
  call.catch(() => {});
  host.last.busy().output('display_data', { data: { [MIME]: message } }, toViews(buffers));
  // The end of the call says that there was no answer, where that was none.
  host.last.over();
  return call;
}

/** What a proxy's buffer is, where these are the items that the kernel sends. */
async function buffer(items) {
  const ask = async (_op, _fields, { onItem, signal }) => {
    for (const item of items) {
      if (signal.aborted) throw signal.reason;
      try {
        onItem(item);
      } catch {
        // As `tell` does.
      }
    }
  };
  return (await readBuffer({ ask }, undefined)).data;
}

/** What a view makes of a reply with frames. */
async function frames(answer) {
  let lost;
  const listener = {
    state() {},
    came() {},
    failed() {},
    waiting() {},
    lost: (error) => (lost = error),
  };
  let calls = 0;
  const call = async () => {
    calls += 1;
    if (calls > 100) throw new Error('it asks for ever');
    return answer;
  };
  const view = new Frames({ call }, listener);
  view.want([0, 1, 2]);
  for (let i = 0; i < 5; i++) await settled();
  view.close();
  if (lost) throw lost;
}

/** What a copy of a model makes of what its kernel says. */
function model(said) {
  const wire = { session: () => 'this-page', soon() {}, shown() {}, say: async () => {} };
  const replica = new Replica('m', wire);
  replica.hear(said);
}

/** What becomes of a comm whose other end says anything while it is opened. */
async function comm(data, mark) {
  const opening = openComm('target', {}, null);
  opening.catch(() => {});
  const end = host.comms.get(host.last.comm.comm_id);
  try {
    end.message(data, mark, []);
    end.close(data, mark, []);
  } finally {
    host.last.over();
  }
  return opening;
}

const GIVEN = {
  decode: ({ text, buffers }) => decode(text, buffers),
  reply: ({ message, buffers }) => reply(message, buffers),
  buffer: ({ text, buffers }) => buffer(decode(text, buffers)),
  frames: ({ text, buffers }) => frames(decode(text, buffers)),
  model: ({ text, buffers }) => model(decode(text, buffers)),
  baked: ({ text }) => parseBaked(text),
  comm: ({ data, mark }) => comm(data, mark),
  event: ({ name, text, buffers }) => host.hearers.get(name)(text, toViews(buffers)),
  question: ({ question }) => {
    host.inputs.length = 0;
    host.answer(question);
    for (const text of host.inputs) JSON.parse(text);
  },
};

/** All that every object has from the start. */
const SHARED = [Object, Array, Function, Map, Set, Promise, Error].map((type) => type.prototype);
const shared = () => SHARED.flatMap((on) => Object.entries(Object.getOwnPropertyDescriptors(on)));
const before = new Map(shared().map(([name, { value }], i) => [`${i} ${name}`, value]));

const isPolluted = () => {
  const now = shared();
  return (
    now.length !== before.size ||
    now.some(([name, { value }], i) => before.get(`${i} ${name}`) !== value)
  );
};

await serve(async ({ what, ...given }) => {
  let outcome = 'value';
  try {
    await GIVEN[what](given);
  } catch (error) {
    outcome = `${error.name} ${error.code ?? error.stack}`;
  }
  return { outcome, isPolluted: isPolluted() };
});
