/**
 * A host without a notebook: it records what is sent, and the test plays the kernel.
 */

export class FakeHost {
  constructor(state = 'connected') {
    this.state = state;
    /** What the kernel has said of itself. */
    this.info = {};
    /** @type {Sent[]} every message, oldest first */
    this.sent = [];
    this.controls = [];
    /** The stamps of those that bear one. */
    this.stamps = [];
    /** Who hears what comes back of each of them. */
    this.controlled = [];
    this.probes = 0;
    this.interrupts = 0;
    this.inputs = [];
    this.forgotten = [];
    /** @type {Error | null} what `execute` throws */
    this.failure = null;
    /** What was shown in an output area, and the area that is on the page. */
    this.shown = [];
    this.area = null;
    this.areas = new Map();
    /** The areas of cells that run, by the message they were sent with, and what is done at its end. */
    this.runs = new Map();
    this.ends = new Map();
    /** What was shown below the output of a cell. */
    this.below = [];
    this.listeners = new Set();
    /** Who hears what the kernel tells all pages, by name. */
    this.hearers = new Map();
    /** Who hears what the kernel says to a comm, by id. */
    this.comms = new Map();
  }

  hearComm(id, listener) {
    this.comms.set(id, listener);
    return () => this.comms.delete(id);
  }

  subscribe(name, hearer) {
    this.hearers.set(name, hearer);
    return () => this.hearers.delete(name);
  }

  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  emit(event) {
    for (const listener of [...this.listeners]) listener(event);
  }

  /** The kernel or the way to it is gone. */
  lose(code) {
    this.state = code === 'dead' ? 'dead' : 'connecting';
    this.emit({ type: 'lost', code });
  }

  connect() {
    this.state = 'connected';
    this.emit({ type: 'connected' });
  }

  execute(message, listener) {
    if (this.failure) throw this.failure;
    const sent = new Sent(`m${this.sent.length}`, message, listener);
    this.sent.push(sent);
    return sent.id;
  }

  control(type, content, buffers = [], listener = {}) {
    if (this.state !== 'connected') return null;
    const { protocol, version, ...said } = content;
    if (protocol !== undefined) this.stamps.push({ protocol, version });
    const sent = { type, content: said };
    this.controls.push(buffers.length ? { ...sent, buffers } : sent);
    this.controlled.push(listener);
    return `c${this.controls.length}`;
  }

  session() {
    return 'this-page';
  }

  onQuestion(answer) {
    this.answer = answer;
  }

  probe() {
    this.probes += 1;
  }

  interrupt() {
    this.interrupts += 1;
  }

  sendInput(text) {
    this.inputs.push(text);
  }

  forget(id) {
    this.forgotten.push(id);
  }

  outputAreaOf(element) {
    return element ? (this.areas.get(element) ?? null) : this.area;
  }

  areaOf(asked) {
    return this.runs.get(asked) ?? null;
  }

  whenOver(asked, listener) {
    this.ends.set(asked, listener);
  }

  /** A cell has run. */
  over(asked) {
    this.runs.delete(asked);
    this.ends.get(asked)?.();
  }

  showBelow(area, element) {
    if (area !== null) this.below.push([area, element]);
    return area !== null;
  }

  show(area, message) {
    if (area === null) return false;
    this.shown.push({ area, message });
    return true;
  }

  get last() {
    return this.sent.at(-1);
  }
}

const PREFIX = 'await __import__("pybridge").dispatch(';

/** One message on its way, and all that the kernel may say to it. */
class Sent {
  constructor(id, message, listener) {
    this.id = id;
    this.message = message;
    this.listener = listener;
  }

  /** What was sent to a comm. */
  get comm() {
    return this.message.comm;
  }

  /** The string that Python's `dispatch` is called with. */
  get literal() {
    const { code } = this.message;
    if (!code.startsWith(PREFIX) || !code.endsWith(')')) throw new Error(`no request: ${code}`);
    return JSON.parse(code.slice(PREFIX.length, -1));
  }

  get request() {
    const envelope = JSON.parse(this.literal);
    if (envelope.at !== 'buffer') return envelope;
    return JSON.parse(new TextDecoder().decode(this.message.buffers[0]));
  }

  busy() {
    this.listener.status('busy');
    return this;
  }

  idle() {
    this.listener.status('idle');
    return this;
  }

  reply(content = { status: 'ok' }) {
    this.listener.reply(content);
    return this;
  }

  /** Any output message. */
  output(type, content, buffers = []) {
    this.listener.output({ header: { msg_type: type }, content, buffers });
    return this;
  }

  /** A reply of pybridge: its text inline, or in buffer 0 where buffers are given. */
  say(reply, buffers) {
    const text = JSON.stringify(reply);
    const parts = buffers && [new TextEncoder().encode(text).buffer, ...buffers];
    const views = parts?.map((buffer) => new DataView(buffer));
    const data = { 'application/vnd.pybridge.v1+json': { body: buffers ? null : text } };
    return this.output('display_data', { data, metadata: {}, transient: {} }, views);
  }

  result(value) {
    return this.say({ kind: 'result', value });
  }

  items(...values) {
    const first = this.yielded ?? 0;
    this.yielded = first + values.length;
    return this.say({ kind: 'items', first, values });
  }

  error(code, details = {}) {
    const error = { code, type: 'E', message: 'm', traceback: 't', frames: [], cause: null };
    return this.say({ kind: 'error', error: { ...error, ...details } });
  }

  /** All that a kernel says to a call that works. */
  answer(value) {
    return this.busy().result(value).reply().idle();
  }

  /** The end of a message that pybridge has not answered. */
  over(content) {
    return this.reply(content).idle();
  }
}

/** Let every promise go on that can. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));
