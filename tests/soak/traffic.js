/**
 * One window's traffic: a few workers that call Python at random, and compare each answer with what
 * it has to be. The body of an async function of the bridge, the window's number, how many workers
 * there are, and the codes that a call may end in.
 */
/* global py, number, workers, codes */

const HANDLES = 50;
const ACCEPTED = new Set(codes);

const soak = {
  running: true,
  right: 0,
  accepted: {},
  wrong: [],
  ended: null,
};
window.soak = soak;

/** Mulberry32: the same traffic each time, as far as its order goes. */
let seed = number + 1;
const random = () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
const below = (limit) => Math.floor(random() * limit);

const expect = (value, expected, what) => {
  if (value !== expected) throw new Error(`${what}: ${value} instead of ${expected}`);
};

/** How often each station was counted before, by this window; `epoch` is the kernel's process. */
window.soakBefore ??= new Map();
/** Calls of each station that count, in the order in which they were begun. */
const begun = new Map();

/** Begin a call that counts, and note what it comes to. */
const counted = async (station, call) => {
  const entry = {};
  if (!begun.has(station)) begun.set(station, []);
  begun.get(station).push(entry);
  [entry.epoch, entry.count] = await call;
};

/** Each process has counted all calls that it has answered, one after the other. */
const verify = () => {
  for (const [station, entries] of begun) {
    for (const { epoch, count } of entries) {
      if (epoch === undefined) continue;
      const before = window.soakBefore.get(station);
      const expected = before?.epoch === epoch ? before.count + 1 : 1;
      if (count !== expected) soak.wrong.push(`${station} in ${epoch}: ${count}, not ${expected}`);
      window.soakBefore.set(station, { epoch, count });
    }
  }
};

/** Take a call back, which ends so or with its answer. */
const takenBack = async (call, after) => {
  if (after > 0) await new Promise((resolve) => setTimeout(resolve, after));
  call.cancel();
  try {
    await call;
  } catch (error) {
    if (error.code !== 'cancelled') throw error;
  }
};

const handle = (station) => py.handle(`station${station}`);
const me = `window ${number}`;

const OPERATIONS = [
  (at) => counted(at, handle(at).step(me)),
  (at) => counted(at, handle(at).later(me)),
  async (at) => {
    const count = below(20);
    const items = [];
    const onItem = (item) => items.push(item);
    await counted(at, handle(at).call('items', [me, count], {}, { onItem }));
    expect(items.join(), [...Array(count).keys()].join(), 'items');
  },
  async (at) => {
    // Now and then more than fits into one message.
    const length = below(20) === 0 ? 5 * 2 ** 20 : below(50_000);
    const data = new Uint8Array(length).map((_, i) => (i * 31 + length) % 256);
    const total = data.reduce((sum, byte) => sum + byte, 0);
    expect(await handle(at).total(data), total, 'the sum of an upload');
  },
  async (at) => {
    const count = below(20_000);
    const { data } = await handle(at).numbers(count);
    expect(data.length, count, 'the length of a download');
    if (count > 0) expect(data[count - 1], count - 1, 'the last of a download');
  },
  async (at) => {
    const text = `${me} at ${at}`;
    const error = await handle(at)
      .fail(text)
      .then(
        () => null,
        (reason) => reason,
      );
    if (error?.type !== 'ValueError') throw error ?? new Error('it did not fail');
    expect(error.message, text, 'the message of an error');
  },
  async (at) => {
    const text = `${me} says ${below(1000)}`;
    let heard = '';
    const onStream = (content) => {
      heard += content.text;
    };
    expect(await handle(at).call('talk', [text], {}, { onStream }), text.length, 'a length');
    expect(heard, `${text}\n`, 'what is printed');
  },
  async (at) => {
    const n = below(1000);
    expect(await handle(at).ask((number) => number * 2, n), n * 2, 'what JavaScript says');
  },
  async (at) => {
    const thing = await handle(at).thing();
    try {
      expect(await thing.add(1), at + 1, 'what a proxy says');
    } finally {
      thing.destroy();
    }
  },
  async (at) => expect(await handle(at).beside(at), at + 1, 'what is said beside'),
  async () => {
    const n = below(1000);
    expect(await py.runPython(`${n} + 1`), n + 1, 'a sum');
  },
  (at) => takenBack(handle(at).total(new Uint8Array(10)), 0),
  (at) => takenBack(handle(at).rest(0.02), below(40)),
  (at) => takenBack(handle(at).compute(0.02), below(40)),
  async () => {
    // Each window has a model of its own: of two that set the same trait the last one wins.
    const model = await py.model(`state${number}`);
    const n = below(1000);
    model.set('n', n);
    await model.save();
  },
  async () => {
    const n = below(1000);
    const comm = await py.comm('echo');
    try {
      const heard = [];
      comm.onMessage((said) => heard.push(said.n));
      await comm.send({ n });
      // It was sent before Python was done with the message.
      expect(heard.join(), `${n}`, 'an echo');
    } finally {
      await comm.close();
    }
  },
];

const work = async () => {
  while (soak.running) {
    const operation = OPERATIONS[below(OPERATIONS.length)];
    try {
      await operation(below(HANDLES));
      soak.right += 1;
    } catch (error) {
      const code = error.code ?? error.type;
      if (ACCEPTED.has(code)) soak.accepted[code] = (soak.accepted[code] ?? 0) + 1;
      else soak.wrong.push(`${code ?? ''} ${error.message}`);
      // A kernel that restarts need not be asked a thousand times a second.
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
};
soak.ended = Promise.all(Array.from({ length: workers }, work)).then(verify);
