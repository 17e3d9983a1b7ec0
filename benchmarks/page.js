/**
 * What runs in the notebook's page: the two ways of doing each thing, and the clock.
 * The body of an async function; it leaves `window.benchmarks`.
 */
'use strict';

const [pybridge, calls] = await new Promise((resolve, reject) => {
  require(['nbextensions/pybridge/main', 'nbextensions/pybridge/call'], (...modules) =>
    resolve(modules), reject);
});
const { kernel } = Jupyter.notebook;
const py = await pybridge.connect();
const bench = py.handle('bench');
const proxy = await py.globals.get('bench', { as: 'proxy' });

// -- the bare way ---------------------------------------------------------------------------------

/**
 * Run code as the notebook itself does, and give its first output.
 * @param {string} code
 * @param {{silent?: boolean, buffers?: ArrayBuffer[]}} [options]
 * @param {(message: any) => unknown} [read]
 */
function bare(code, { silent = true, buffers = [] } = {}, read = (message) => message) {
  return new Promise((resolve, reject) => {
    const output = (message) => {
      if (message.header.msg_type === 'error') reject(new Error(message.content.evalue));
      else resolve(read(message));
    };
    const content = { silent, store_history: false, stop_on_error: false };
    if (buffers.length === 0) {
      kernel.execute(code, { iopub: { output } }, content);
      return;
    }
    const rest = { user_expressions: {}, allow_stdin: false };
    const request = { code, ...content, ...rest };
    kernel.send_shell_message('execute_request', request, { iopub: { output } }, {}, buffers);
  });
}

const text = (message) => message.content.data['text/plain'];
const doubles = ({ buffers: [{ buffer, byteOffset, byteLength }] }) =>
  new Float64Array(buffer, byteOffset, byteLength / 8);

// -- what is measured -----------------------------------------------------------------------------

const numbers = Float64Array.from({ length: 1_000_000 }, (_, i) => i / 2);
const total = numbers.reduce((sum, number) => sum + number, 0);
const isArray = (array) => array.length === 1_000_000 && array[0] > 0.6 && array[0] < 0.7;

/** Each way asks for something and says whether what came is right. */
const WAYS = {
  'call/bridge': { ask: () => bench.call('add', [1, 2]), right: (sum) => sum === 3 },
  'call/bare': {
    ask: () => bare('bench.add(1, 2)', { silent: false }, text),
    right: (sum) => sum === '3',
  },
  'attribute/bridge': { ask: () => proxy.answer, right: (answer) => answer === 42 },
  'array/bridge': {
    ask: () => bench.call('some', [1_000_000]),
    right: ({ data }) => isArray(data),
  },
  'array/bare': { ask: () => bare('send_array()', {}, doubles), right: isArray },
  'list/bridge': { ask: () => py.runPython('numbers.tolist()'), right: isArray },
  'list/bare': {
    ask: () => bare('send_list()', {}, (message) => message.content.data['application/json']),
    right: isArray,
  },
  'text/bare': {
    ask: () => bare('send_text()', {}, (message) => JSON.parse(text(message))),
    right: isArray,
  },
  'upload/bridge': { ask: () => bench.call('total', [numbers]), right: (sum) => sum === total },
  'upload/bare': {
    ask: () => bare('received_total()', { silent: false, buffers: [numbers.buffer] }, text),
    right: (sum) => Number(sum) === total,
  },
};

async function ask(name) {
  const value = await WAYS[name].ask();
  if (!WAYS[name].right(value)) throw new Error(`${name} gave a wrong value`);
}

// -- the clock ------------------------------------------------------------------------------------

/** How many requests wait for their reply or idle; a cell keeps its callbacks when it has both. */
const outstanding = () => {
  const callbacks = Object.values(kernel._msg_callbacks);
  const waiting = callbacks.filter(({ shell_done, iopub_done }) => !(shell_done && iopub_done));
  return waiting.length + calls.load.underWay;
};
// The page may have requests of its own that are never done.
const idle = outstanding();
let wake = () => {};
/** When the kernel says that it began, and that it sent the first output; in ms. */
let marks = {};

const finish = kernel._finish_ws_message;
kernel._finish_ws_message = function (message) {
  const { msg_type: type, date } = message.header;
  if (type === 'status' && message.content.execution_state === 'busy') marks.busy ??= moment(date);
  if (type === 'display_data' || type === 'execute_result') marks.output ??= moment(date);
  const finished = finish.call(this, message);
  Promise.resolve(finished).then(() => wake());
  return finished;
};

/** The kernel dates its messages to the microsecond, and a JavaScript Date has milliseconds. */
function moment(date) {
  const [, seconds, fraction] = /^([^.]*)(\.\d+)?/.exec(date);
  return Date.parse(`${seconds}Z`) + 1000 * Number(fraction ?? 0);
}

/** Without a message for so long, in ms, what is outstanding will not come any more. */
const PATIENCE = 5000;

/** Wait until reply and idle of all that was asked are in; what is lost for good is counted later. */
async function quiet() {
  while (outstanding() > idle) {
    const heard = await new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), PATIENCE);
      wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
    if (!heard) return;
  }
}

/** @returns times in ms: until the value is there, until the call is over, and in the kernel */
async function sample(name) {
  await quiet();
  marks = {};
  const begin = performance.now();
  await ask(name);
  const result = performance.now() - begin;
  await quiet();
  const over = performance.now() - begin;
  return { result, over, kernel: marks.output - marks.busy };
}

/** Sample several ways in turn, every other round in the opposite order. */
async function compare(names, rounds) {
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 ? [...names].reverse() : names) {
      samples[name].push(await sample(name));
    }
  }
  return samples;
}

/** Keep `atOnce` calls asked for until there were `count`. */
async function keepAsking(count, atOnce, one) {
  let next = 0;
  const worker = async () => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** @returns calls a second */
async function rate(name, count, atOnce) {
  await quiet();
  const begin = performance.now();
  await keepAsking(count, atOnce, () => ask(name));
  return (1000 * count) / (performance.now() - begin);
}

// -- arrays of any size ---------------------------------------------------------------------------

/** One message holds less than 10 MiB. */
const CHUNK = 2 ** 20;
let many = new Float64Array(0);

/** Each gives what it must, for so many numbers. */
const TRANSFERS = {
  'down/bridge': (count) => async () => (await bench.call('some', [count])).data.length,
  'down/bare': (count) => async () => (await bare(`send_array(${count})`, {}, doubles)).length,
  'buffer/bridge': (count) => async () => {
    const array = await py.runPython(`many[:${count}]`, { as: 'proxy' });
    const { data } = await array.getBuffer();
    array.destroy();
    return data.length;
  },
  'up/bridge': (count) => () => bench.call('length', [many.subarray(0, count)]),
  'up/bare': (count) => {
    const chunks = [];
    for (let start = 0; start < count; start += CHUNK) {
      chunks.push(many.slice(start, Math.min(start + CHUNK, count)).buffer);
    }
    const send = (chunk) =>
      bare('received_length()', { silent: false, buffers: [chunk] }, (message) => +text(message));
    return async () => (await Promise.all(chunks.map(send))).reduce((sum, one) => sum + one, 0);
  },
};

/** Move so many numbers in several ways in turn. @returns times in ms, by way */
async function transfers(names, count, rounds) {
  if (many.length < count) many = Float64Array.from({ length: count }, (_, i) => i / 2);
  const ways = names.map((name) => [name, TRANSFERS[name](count)]);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, move] of round % 2 ? [...ways].reverse() : ways) {
      await quiet();
      const begin = performance.now();
      const moved = await move();
      // The first round warms up.
      if (round) times[name].push(performance.now() - begin);
      if (moved !== count) throw new Error(`${name} moved ${moved} of ${count} numbers`);
    }
  }
  return times;
}

// -- proxies --------------------------------------------------------------------------------------

/** What Python calls. */
window.nextNumber = (number) => number + 1;

/**
 * Let Python ask so many times in either way, in one run of the kernel.
 * @returns times in ms, by way
 */
function questions(count) {
  return new Promise((resolve, reject) => {
    const output = ({ header, content }) => {
      if (header.msg_type === 'error') reject(new Error(content.evalue));
      else resolve(JSON.parse(content.data['application/json'] ?? content.data['text/plain']));
    };
    const input = () => kernel.send_input_reply('1');
    const content = { silent: true, store_history: false, stop_on_error: false, allow_stdin: true };
    kernel.execute(`ask_the_page(${count})`, { iopub: { output }, input }, content);
  });
}

/** Ways to have a table. */
const FRAMES = {
  'frame/bridge': async () => {
    const frame = await py.globals.get('frame');
    const { columns } = await frame.getBuffer();
    frame.destroy();
    return columns.c9[0];
  },
  'frame/records': () => bare('send_records()', {}, (message) => JSON.parse(text(message))[0].c9),
};

/** @returns the time that one way takes, in ms */
async function frame(name) {
  await quiet();
  const begin = performance.now();
  const number = await FRAMES[name]();
  const took = performance.now() - begin;
  // JSON by pandas has ten digits.
  const error = Math.abs(number - (await py.runPython('float(frame.c9[0])')));
  if (!(error < 1e-9)) throw new Error(`${name} is wrong`);
  return took;
}

/** Make proxies; destroy them, or leave that to the garbage collector. */
async function manyProxies(count, destroy) {
  await keepAsking(count, 8, async () => {
    const made = await py.runPython('object()');
    if (destroy) made.destroy();
  });
  await quiet();
}

/** How many are still held, once the kernel has heard of those that are not; ours is one. */
async function proxiesLeft() {
  const held = () => py.runPython('len(pybridge.proxies())');
  for (let before = await held(); ; ) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const now = await held();
    if (now === before) return now - 1;
    before = now;
  }
}

// -- leaks ----------------------------------------------------------------------------------------

// One signal over all calls, as a page has it that cancels everything when it is closed.
const { signal } = new AbortController();

/** Of twenty calls these are seven; the others are trivial ones. */
const UNUSUAL = [
  () =>
    bench.call('fail').then(
      () => Promise.reject(new Error('it should fail')),
      (error) => error.type === 'ValueError' || Promise.reject(error),
    ),
  () => bench.call('some', [1000]),
  () => bench.call('total', [numbers.subarray(0, 1000)]),
  async () => {
    const items = [];
    for await (const item of bench.call('items', [3])) items.push(item);
    if (items.join() !== '0,1,2') throw new Error(`the items were ${items}`);
  },
  () => bench.call('add', [1, 2], {}, { signal, timeout: 60_000 }),
  () => py.globals.set('answer', 42),
  () => py.runPython('answer'),
];

/** Many calls of all kinds: the first of them one after the other, the rest several at once. */
async function manyCalls(count, inRow, atOnce) {
  const one = (number) => (UNUSUAL[number % 20] ? UNUSUAL[number % 20]() : ask('call/bridge'));
  for (let number = 0; number < inRow; number++) await one(number);
  await keepAsking(count - inRow, atOnce, one);
  await quiet();
}

/** Count all that a call could leave behind in this process. */
function census() {
  return {
    'message callbacks': Object.keys(kernel._msg_callbacks).length,
    'callback overrides': Object.keys(kernel._msg_callbacks_overrides).length,
    'display ids': Object.keys(kernel._display_id_to_parent_ids).length,
    'calls queued': calls.load.queued,
    'calls under way': calls.load.underWay,
    elements: document.getElementsByTagName('*').length,
  };
}

window.benchmarks = {
  compare,
  rate,
  transfers,
  questions,
  frame,
  makeFrame: (rows) => py.runPython(`frame = make_frame(${rows}); None`),
  manyProxies,
  proxiesLeft,
  manyCalls,
  census: () => quiet().then(census),
  upload: () => ask('upload/bridge'),
  fillSources: (count) => keepAsking(count, 8, () => py.runPython('None')),
  kernelCensus: () => bench.call('census'),
};
