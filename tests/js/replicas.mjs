/**
 * Copies of one model in several pages, for tests in Python that play the kernel and the network.
 * `{page, op, ...}` in; out comes `{up, shown, acks, events, pending}`: what the page has sent, what
 * it shows, and what it has told its author since.
 */

import { newPage } from './amd.mjs';
import { serve, toHex, toViews } from './lines.mjs';

class Page {
  constructor(session) {
    const load = newPage({ host: {} });
    const { Replica } = load('model');
    this.codec = load('codec');
    this.up = [];
    this.open = new Map();
    this.frames = [];
    this.acks = [];
    this.events = [];
    this.number = 0;
    this.replica = new Replica('model', {
      session: () => session,
      soon: (work) => this.frames.push(work),
      shown: (revision) => this.acks.push(revision),
      say: (kind, fields) => this.say(kind, fields),
      prepare: (kind, fields) => () => this.say(kind, fields),
    });
    this.replica.listen('error', (error, name) => this.events.push([name, error.message]));
  }

  say(kind, fields) {
    const buffers = [];
    const text = JSON.stringify(this.codec.encode({ kind, ...fields }, buffers));
    const id = ++this.number;
    this.up.push({ id, text, buffers: toHex(buffers) });
    return new Promise((resolve, reject) => this.open.set(id, { resolve, reject }));
  }

  does = {
    ask: () => void this.replica.ask(),
    set: ({ name, value }) => {
      this.replica.set(name, value);
      void this.replica.save();
    },
    frame: () => {
      for (const work of this.frames.splice(0)) work();
    },
    hear: ({ text, buffers }) => this.replica.hear(this.codec.decode(text, toViews(buffers))),
    idle: ({ id }) => this.end(id, 'resolve'),
    cut: ({ ids }) => {
      this.replica.become('waiting');
      for (const id of ids)
        this.end(id, 'reject', Object.assign(new Error('lost'), { code: 'disconnected' }));
    },
    look: () => {},
  };

  end(id, how, value) {
    this.open.get(id)?.[how](value);
    this.open.delete(id);
  }

  async answer({ op, ...fields }) {
    this.does[op](fields);
    await new Promise((resolve) => setImmediate(resolve));
    const { status, next, sent } = this.replica;
    return {
      up: this.up.splice(0),
      acks: this.acks.splice(0),
      events: this.events.splice(0),
      shown: Object.fromEntries(this.replica.shown),
      waiting: [next, ...sent].flatMap(({ values }) => [...values.keys()]),
      status,
    };
  }
}

const pages = new Map();

await serve(({ page, op, ...fields }) => {
  if (op === 'reset') {
    pages.clear();
    return {};
  }
  if (!pages.has(page)) pages.set(page, new Page(page));
  return pages.get(page).answer({ op, ...fields });
});
