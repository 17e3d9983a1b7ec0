/** Types that pass between the modules; not part of the API. */

import type * as api from './pybridge';

declare global {
  function define(dependencies: string[], factory: (...modules: any[]) => unknown): void;
  interface Window {
    jQuery: any;
  }
}

export type Tree = any;

export type TypedArrayConstructor = {
  new (length: ArrayBuffer): api.TypedArray;
  readonly BYTES_PER_ELEMENT: number;
};

export interface ErrorDescription {
  /** 'forward-only' is for the player alone: a frame is gone and may not be drawn out of order. */
  code: 'python' | 'forward-only' | api.BridgeErrorCode;
  type: string;
  message: string;
  traceback: string;
  frames: api.Frame[];
  cause: ErrorDescription | null;
  path?: string;
}

export type Reply =
  | { kind: 'items'; first: number; values: unknown[] }
  | ({ kind: 'progress' } & api.Progress)
  | { kind: 'result'; value?: unknown; items?: number }
  | { kind: 'error'; error: ErrorDescription };

export interface OutputMessage {
  header: { msg_type: string };
  content: any;
  buffers?: readonly DataView[];
}

export interface InputRequest {
  prompt: string;
  password: boolean;
}

export interface ExecuteReply {
  status: string;
  /** Whether pybridge has handled a comm's message, which an end that is gone has not. */
  marked?: boolean;
  /** What Python raised at it: the JSON of an ErrorDescription. */
  error?: string;
  ename?: string;
  evalue?: string;
  traceback?: string[];
  user_expressions?: Record<string, any>;
}

export interface ExecuteMessage {
  code: string;
  buffers?: ArrayBuffer[];
  silent: boolean;
  storeHistory: boolean;
  stopOnError: boolean;
  allowStdin: boolean;
  userExpressions?: Record<string, string>;
  /** The kernel's subshell that shall serve it, beside the cells. */
  subshell?: string | null;
}

export type CommContent = {
  type: 'comm_open' | 'comm_msg' | 'comm_close';
  comm_id: string;
  target_name?: string;
  data: any;
};

export interface CommMessage {
  comm: CommContent;
  buffers?: ArrayBuffer[];
  metadata?: object;
}

/** What the bridge adds to the kernel's message on a comm; see pybridge/comms.py. */
export interface CommMark {
  done?: string;
  /** The JSON of an ErrorDescription. */
  error?: string;
}

/** What the kernel says to a page's end of a comm. */
export interface CommListener {
  message(data: any, mark: CommMark, buffers: readonly DataView[]): void;
  close(data: any, mark: CommMark, buffers: readonly DataView[]): void;
}

export interface ExecuteListener {
  status(state: string): void;
  output(message: OutputMessage): void;
  reply(content: ExecuteReply): void;
  input(request: InputRequest): void;
}

/** The notebook's OutputArea, as far as it is used. */
export interface OutputArea {
  element: ArrayLike<Element>;
  /** Of what a cell has put out, and the bar to scroll and fold it. */
  wrapper: ArrayLike<Element>;
  outputs: { data?: Record<string, any> }[];
  handle_output(message: OutputMessage): void;
  handle_clear_output(message: OutputMessage): void;
}

export type HostState = 'no-kernel' | 'connecting' | 'connected' | 'unreachable' | 'dead';

export type HostEvent =
  | { type: 'connected' }
  /** The kernel answered the page's own request. */
  | { type: 'answered' }
  /** A new kernel process has started. */
  | { type: 'started' }
  | { type: 'lost'; code: 'restarted' | 'dead' | 'disconnected' }
  /** The page is closed or loaded again. */
  | { type: 'leaving' }
  /** The browser had the page rest, and lets it go on. */
  | { type: 'thawed' }
  /** The kernel has told all pages something that means nothing in this version of the bridge. */
  | { type: 'misheard'; name: string };

/** Hears what the kernel tells all pages; `asked` is the message during which it said so. */
export type Hearer = (body: string, buffers: readonly DataView[], asked: string) => void;

/** Hears what comes back of a control message; either may come first. */
export interface ControlListener {
  reply?(content: any): void;
  idle?(): void;
}

export interface KernelInfo {
  supported_features?: string[];
}

export interface AreasModule {
  outputAreaOf(element?: Element | null): OutputArea | null;
  isTrusted(element: Element): boolean;
  areaOf(asked: string): OutputArea | null;
  show(area: OutputArea | null, message: OutputMessage): boolean;
  showBelow(area: OutputArea | null, element: HTMLElement): boolean;
  onSaving(listener: () => void): () => void;
  rewriteOutput(element: Element, change: (stored: HTMLElement) => boolean): void;
  touch(): void;
}

export interface HostModule extends AreasModule {
  readonly state: HostState;
  readonly info: KernelInfo | null;
  listen(listener: (event: HostEvent) => void): () => void;
  execute(message: ExecuteMessage | CommMessage, listener: ExecuteListener): string;
  hearComm(id: string, listener: CommListener): () => void;
  control(
    type: string,
    content: object,
    buffers?: ArrayBuffer[],
    listener?: ControlListener,
  ): string | null;
  /** The name under which the kernel knows this page. */
  session(): string;
  onQuestion(answer: (question: any) => void): void;
  probe(): void;
  subscribe(name: string, hearer: Hearer): () => void;
  interrupt(): void;
  sendInput(text: string): void;
  forget(id: string): void;
  whenOver(asked: string, listener: () => void): void;
}

/** A call as those see it who make something of what comes back. */
export interface Settleable {
  readonly settled: boolean;
  /** Sent, and the kernel is not known to be done with it. */
  readonly isUnderWay: boolean;
  readonly busy: boolean;
  readonly idle: boolean;
  resolve(value: unknown): void;
  reject(error: unknown): void;
  /** Reject it while Python is at work for it, and have that end, too. */
  stop(error: Error): void;
}

export interface CallPlan {
  message(): ExecuteMessage | CommMessage;
  output(message: OutputMessage, call: Settleable): void;
  status?(state: string, call: Settleable): void;
  input?(request: InputRequest): void;
  /** Reply and idle are in, and nothing has settled the call. */
  over(reply: ExecuteReply, call: Settleable): void;
  /** The caller gave up while the call was under way. */
  stop(call: Settleable): void;
}

export type CallOptions = Pick<api.CallOptions, 'timeout' | 'signal' | 'repeatable' | 'onBusy'> & {
  /** Where it is served: a subshell, or null for the main lane. */
  subshell?: string | null;
  /** What is asked for, in words, with no value of the user's. */
  what?: string;
};
export type RequestOptions = api.CallOptions & {
  area?: OutputArea | null;
  /** Show how far the call is, unless the caller does. */
  bars?: Bars;
  /** What is asked for, in words. */
  what?: string;
  /** The lane that the caller has asked for. */
  wish?: api.Lane;
  /** Whom what the reply refers to comes to. */
  adopter?: Adopter;
  /** Told when the request itself is sent. */
  onSend?: () => void;
};

export interface ErrorsModule {
  BridgeError: typeof api.BridgeError;
  PythonError: { new (description: ErrorDescription): api.PythonError };
  fromDescription(description: ErrorDescription): api.BridgeError | api.PythonError;
}

export interface CodecModule {
  NdArray: typeof api.NdArray;
  foreign: WeakSet<object>;
  Whole: { new (value: unknown): object };
  Ref: { new (value: unknown): object };
  Deep: { new (value: unknown, depth?: number): object };
  isContainer(value: unknown): boolean;
  contents(container: any): any[];
  MAX_DEPTH: number;
  encode(
    value: unknown,
    buffers: ArrayBuffer[],
    root?: string,
    refer?: (object: any) => Tree,
  ): Tree;
  decode(text: string, buffers: readonly DataView[], adopt?: (tree: any) => unknown): any;
}

/** A Python object that this page holds. */
export interface Held {
  id: string;
  type: string;
  /** What can be done with it: see pybridge/references.py. */
  can: string;
  /** References that came. */
  received: number;
  /** Proxies of it. */
  users: number;
  /** The one that everyone gets. */
  proxy: WeakRef<object> | null;
  /** Why it is there no more; empty while it is. */
  gone: string;
}

/** What is referred to for one request. */
export interface Keeper {
  refer(object: any): Tree;
  again(): void;
  takeBack(): void;
  release(): void;
}

export interface ReferencesModule {
  PAGE: string;
  say(
    what: string,
    values?: object,
    buffers?: ArrayBuffer[],
    listener?: ControlListener,
  ): string | null;
  refer(object: any): Tree;
  keeper(): Keeper;
  adopt(tree: any, adopter: Adopter): unknown;
  use(entry: Held, make: (entry: Held) => object): object;
  mine(id: number): any;
  take(counts: [number, number][]): void;
  destroy(proxy: object): void;
  check(entry: Held): void;
  promised: WeakSet<object>;
  beat(): void;
  alsoNeeds(asked: () => boolean): void;
  entryOf(proxy: object): Held | undefined;
  isProxy(value: unknown): boolean;
  readonly load: { held: number; given: number };
}

export interface AbilitiesModule {
  abilities(object: unknown): string;
  typeName(object: unknown): string;
  isList(object: unknown): boolean;
  isMap(object: unknown): boolean;
}

/** Asks the kernel for something about one object. */
export interface Asker {
  ask(op: string, fields?: Record<string, unknown>, options?: api.CallOptions): api.Call<any>;
}

/** Whom Python's objects come to. */
export interface Adopter {
  /** Makes a proxy. */
  make(entry: Held): object;
  /** Is given a proxy that is there already. */
  meet(proxy: object): void;
}

export interface ProxyOwner extends Adopter {
  ask(op: string, fields: Record<string, unknown>, options?: api.CallOptions): api.Call<any>;
}

export interface ProxyModule {
  makeProxy(entry: Held, owner: ProxyOwner): any;
  whole(value: unknown): object;
  wholes(values: Record<string, unknown>): Record<string, object>;
}

export interface BuffersModule {
  readBuffer(
    methods: Asker,
    type: string | undefined,
    options?: api.BufferOptions,
  ): Promise<api.PyBuffer | api.PyTable>;
}

/** What Python gets to a question, and the binary part, which goes ahead of it. */
export interface Answer {
  said: {
    ask: number;
    body?: string | null;
    error?: object;
    upload?: string;
    pieces?: number;
    sizes?: number[];
  };
  buffers: ArrayBuffer[];
}

export interface AnswersModule {
  adoptWith(adopter: Adopter): void;
}

/** Changes that go to the kernel together. */
export interface Patch {
  number: number;
  values: Map<string, unknown>;
  /** To be sent, and not only shown. */
  wanted: boolean;
  /** The connection was lost while it was under way. */
  lost: boolean;
  /** Why a part of it was refused. */
  error: unknown;
  done: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

/** The whole state, with what was refused of the page's last patch that was taken. */
export interface StateSaid {
  revision: number;
  taken: number;
  values: Record<string, unknown>;
  errors?: Record<string, any>;
}

/** The kernel's word of what has changed. */
export interface PatchSaid {
  revision: number;
  values: Record<string, unknown>;
  /** Whose patch it answers, and which. */
  sender: string | null;
  number: number;
  /** Why its parts were refused, by trait. */
  errors: Record<string, ErrorDescription>;
}

/** A model's way to its kernel. */
export interface Wire {
  session(): string;
  /** Settles when the kernel is done with it. */
  say(kind: string, fields: Record<string, unknown>): Promise<unknown>;
  /** Gives what says it, as it is now. */
  prepare(kind: string, fields: Record<string, unknown>): () => Promise<unknown>;
  /** Do something at the next frame. */
  soon(work: () => void): void;
  shown(revision: number): void;
}

export interface Replica {
  readonly id: string;
  readonly wire: Wire;
  readonly status: api.ModelStatus;
  readonly ending: Error;
  readonly revision: number;
  readonly shown: ReadonlyMap<string, unknown>;
  readonly before: ReadonlyMap<string, unknown>;
  readonly sent: Patch[];
  listen(event: string, listener: (...args: any[]) => void): () => void;
  preset(values: Record<string, unknown>, revision: number): void;
  set(name: string, value: unknown): void;
  save(): Promise<void>;
  flush(): void;
  /** Whether something was changed and sent, or is to be, and not answered. */
  readonly isBusy: boolean;
  settled(): Promise<void>;
  send(content: unknown, buffers: readonly (ArrayBuffer | ArrayBufferView)[]): Promise<void>;
  ask(): Promise<void>;
  hear(said: any): void;
  become(status: api.ModelStatus): void;
  lose(status: 'gone' | 'closed', why?: Error): void;
}

export interface ModelModule {
  Replica: { new (id: string, wire: Wire): Replica };
}

/** A model as the page's own modules see it. */
export interface PageModel extends api.Model {
  readonly replica: Replica;
}

export interface ModelsModule {
  Model: { new (id: string, user: object, area?: OutputArea | null): PageModel };
  pageModel(id: string): PageModel;
  ready(model: PageModel): Promise<PageModel>;
  leave(id: string, user: object): Promise<void>;
  readonly count: number;
}

export type CommOptions = CallOptions & {
  buffers?: ArrayBuffer[];
  /** The area of the cell that owns the caller. */
  area?: () => OutputArea | null;
  /** Called when nobody waits any more for what has been sent. */
  stop?: () => void;
};

export interface CommModule {
  send(comm: CommContent, options?: CommOptions): Promise<any>;
  openComm(target: string, options: api.CommOptions, area: OutputArea | null): Promise<api.Comm>;
  readonly count: number;
}

export interface BindingsModule {
  bind(root: Element, model: api.Model): () => void;
  write(element: Element, value: unknown, options?: { lasting?: boolean }): void;
}

/** Something that the page makes of a cell's output. */
export interface Mounted {
  open(): Promise<void> | void;
  close(): void;
}

/** What a plot shows, in coordinates. */
export interface Ranges {
  x: readonly [number, number];
  y: readonly [number, number];
}

export interface Framed {
  /** Left, top, right and bottom of the axes, in pixels of the page. */
  box: readonly [number, number, number, number];
}

/** A picture of a plot, its size in pixels of the page. */
export type Picture = Ranges & Framed & { bitmap: ImageBitmap; width: number; height: number };

export interface TracePoint {
  label: string;
  color: string;
  x: number;
  y: number | null;
}

export interface ViewportModule {
  toData(ranges: Ranges, picture: Framed, pageX: number, pageY: number): [number, number];
  toPage(ranges: Ranges, picture: Framed, dataX: number, dataY: number): [number, number];
  pan(ranges: Ranges, picture: Framed, right: number, down: number): Ranges;
  zoom(ranges: Ranges, factor: number, around?: [number, number]): Ranges;
  place(ranges: Ranges, picture: Picture): [number, number, number, number];
}

export interface ThemeModule {
  themeOf(element: Element): 'dark' | 'light';
}

export interface PlotModule {
  Plot: { new (root: HTMLElement): Mounted };
}

export interface ViewsModule {
  View: { new (root: HTMLElement): Mounted };
}

export interface LanesModule {
  laneOf(op: string, fields: Record<string, unknown>, wish?: api.Lane): api.Lane;
  learn(): Promise<void>;
  open(): Promise<string | null>;
  forget(subshell: string): void;
  /** This page's. */
  readonly subshell: string | null;
}

export interface CallModule {
  ask(plan: CallPlan, options?: CallOptions): Promise<any>;
  readonly load: { queued: number; underWay: number };
  list(): api.CallState[];
}

export interface LossesModule {
  loss(code: api.BridgeErrorCode): api.BridgeError;
  cancelled(reason: unknown): api.BridgeError;
  late(timeout: number): api.BridgeError;
  isLate(error: unknown): boolean;
  isEnd(event: HostEvent): boolean;
}

export interface HistogramModule {
  Histogram: { new (): { add(took: number): void; readonly summary: api.Latency } };
}

/** A call as the journal sees it. */
export interface JournalCall {
  readonly number: number;
  readonly what: string;
  readonly lane: { readonly name: api.Lane };
  readonly attempts: number;
  /** When it was asked for, by `performance.now`. */
  readonly asked: number;
}

export interface JournalModule {
  log: boolean;
  note(...words: unknown[]): void;
  sent(call: JournalCall): void;
  dropped(call: JournalCall): void;
  settled(call: JournalCall, error: unknown): void;
  again(what: string, why: string): void;
  readonly counts: Pick<
    api.DebugSnapshot,
    'settled' | 'latency' | 'dropped' | 'retried' | 'errors'
  >;
}

export interface DebugModule {
  snapshot(): api.DebugSnapshot;
}

export interface Items {
  readonly count: number;
  fresh(first: number, values: unknown[]): unknown[];
  error: unknown;
  push(value: unknown): void;
  end(error?: unknown): void;
  iterate(cancel: () => void): AsyncGenerator<any, void, void>;
}

export interface ItemsModule {
  Items: { new (): Items };
}

/** A request as it travels. */
export interface Encoded {
  id: string;
  text: string;
  /** Buffers that the text refers to. */
  parts: ArrayBuffer[];
  /** What it yields. */
  items: Items;
}

export interface Pieces {
  /** Of the buffers, in bytes. */
  sizes: number[];
  total: number;
  /** How many pieces there are. */
  count: number;
  piece(number: number): { offset: number; data: ArrayBuffer };
}

export interface PiecesModule {
  /** The largest piece, in bytes. */
  readonly PIECE: number;
  sizeOf(buffers: ArrayBuffer[]): number;
  cut(buffers: ArrayBuffer[]): Pieces;
}

export interface OutputModule {
  tell<Args extends unknown[]>(
    callback: ((...args: Args) => unknown) | undefined,
    ...args: Args
  ): boolean;
  showElsewhere(message: OutputMessage, area: OutputArea | null): void;
}

export interface VersionModule {
  VERSION: string;
  PROTOCOL: number;
}

/** Who says something: see pybridge/stamp.py. */
export interface Stamp {
  readonly protocol: number;
  readonly version: string;
}

export interface StampModule {
  STAMP: Stamp;
  agrees(stamp: Partial<Stamp>): boolean;
}

export interface DispatchModule {
  request(op: string, fields: Record<string, unknown>, options?: RequestOptions): api.Call<any>;
  /** `asked` is the message during which the kernel said it. */
  subscribe(name: string, listener: (value: any, asked: string) => void): () => void;
}

export interface ExecuteModule {
  execute(
    code: string,
    callbacks: api.ExecuteCallbacks,
    options: api.ExecuteOptions,
    area: OutputArea | null,
  ): Promise<api.ExecuteReply>;
}

export type BridgeModule = Pick<
  api.Pybridge,
  'connect' | 'NdArray' | 'BridgeError' | 'PythonError'
>;

export type PlayMode = 'loop' | 'once' | 'reflect';

/** What a reply of the kernel's Animation says besides frames; see pybridge/animation/player.py. */
export interface AnimationState {
  version: number;
  length: number | null;
  reached: number;
  forwardOnly: string | null;
  /** What the kernel draws for a frame, in words. */
  drawing: string;
  /** What else there is to say. */
  note: string | null;
}

export type FrameError = ErrorDescription & { index: number };

export interface FramesReply extends AnimationState {
  frames: {
    index: number;
    /** Equal for equal pixels. */
    digest: string;
    /** Bytes; 0 for a frame that looks like the one before, and has none of what follows. */
    size: number;
    mime: string;
    /** Where it is put on its backdrop. */
    x: number;
    y: number;
    backdrop: string | null;
    /** Bytes of that; 0 when the page has it. */
    backdropSize?: number;
    backdropMime?: string;
  }[];
  /** The frames' files, one after the other. */
  data: Uint8Array<ArrayBuffer>;
  /** Time that the kernel took, in ms. */
  took: number;
  /** Those asked for that the kernel's workers are at: it says when they are there. */
  pending: number[];
  error: FrameError | null;
}

/** A frame as it came, and the scale it was asked for at. */
export interface KeptFrame {
  index: number;
  blob: Blob;
  /** What the blob is put on, and where; undefined when it is the whole picture. */
  part: { backdrop: Blob; x: number; y: number } | undefined;
  mime: string;
  digest: string;
  size: number;
  scale: number;
}

export interface FramesListener {
  state(state: AnimationState): void;
  came(indices: readonly number[]): void;
  failed(error: FrameError): void;
  lost(error: unknown): void;
  /** The kernel is busy with something else, and has been for so many ms. */
  waiting(waited: number): void;
}

export interface Frames {
  handle: api.PythonHandle | null;
  baked: ReadonlyMap<number, KeptFrame>;
  readonly furthest: number;
  standIn(index: number): number;
  version: number;
  scale: number;
  trip: number;
  bytes: number;
  calls: number;
  /** Frames a second that the view would like to have. */
  rate: number;
  /** Whether frames may come with losses. */
  lossy: boolean;
  readonly ahead: number;
  readonly last: KeptFrame | undefined;
  kept: ReadonlyMap<number, KeptFrame>;
  failed: Map<number, ErrorDescription>;
  /** Of the view, in the kernel. */
  view: string;
  forget(version: number): void;
  /** Frames of another size are wanted from now on. */
  resize(scale: number): void;
  /** The kernel has frames that its workers were at. */
  ready(indices: readonly number[]): void;
  get(index: number): KeptFrame | undefined;
  want(indices: readonly number[]): void;
  /** Note how long decoding took. */
  decoded(mime: string, took: number, pixels: number): void;
  retry(): void;
  close(): void;
}

export interface FramesModule {
  Frames: {
    new (handle: api.PythonHandle | null, listener: FramesListener, budget?: number): Frames;
  };
  unpack(
    reply: Pick<FramesReply, 'frames' | 'data'>,
    scale: number,
    last: KeptFrame | undefined,
    backdrops: Map<string, Blob>,
  ): Iterable<KeptFrame>;
  advice(error: unknown): string;
  GONE: string;
}

export interface Step {
  index: number;
  direction: 1 | -1;
}

export interface Playback {
  index: number;
  length: number | null;
  direction: 1 | -1;
  playing: boolean;
  mode: PlayMode;
  rate: number;
  speed: number;
  readonly last: number | null;
  /** Time from frame to frame, in ms. */
  readonly period: number;
  play(direction: 1 | -1, now: number): void;
  pause(): void;
  seek(index: number): void;
  ahead(count: number): Step[];
  due(now: number): number;
  peek(count: number): Step | null;
  go(step: Step, count: number, now: number): void;
  hold(now: number): void;
}

export interface PlaybackModule {
  Playback: { new (): Playback };
  MODES: readonly PlayMode[];
}

export interface Screen {
  /** How many frames to hold decoded. */
  readonly capacity: number;
  prepare(index: number, frame: KeptFrame): Promise<{ took: number; pixels: number } | null>;
  ready(index: number, frame: KeptFrame): boolean;
  draw(index: number): void;
  keep(indices: ReadonlySet<number>): void;
  close(): void;
}

export interface ScreenModule {
  Screen: { new (canvas: HTMLCanvasElement): Screen };
}

export interface ProjectorListener {
  /** Another frame is on the screen. */
  shown(): void;
  /** Play has come to the end. */
  ended(): void;
  /** The frame that play goes on with cannot be had. */
  missed(error: ErrorDescription, step: Step): void;
}

export interface Projector {
  /** The frame on the screen. */
  readonly drawn: number | null;
  /** How many frames were shown so far, and how many passed over. */
  readonly shown: number;
  readonly dropped: number;
  run(): void;
  see(visible: boolean): void;
  ask(): void;
  came(indices: readonly number[]): void;
  forget(): void;
  close(): void;
}

export interface ProjectorModule {
  Projector: {
    new (
      playback: Playback,
      frames: Frames,
      screen: Screen,
      listener: ProjectorListener,
    ): Projector;
  };
}

/** The player's controls. */
export interface Parts {
  canvas: HTMLCanvasElement;
  slider: HTMLInputElement;
  place: HTMLOutputElement;
  busy: HTMLOutputElement;
  mode: HTMLSelectElement;
  speed: HTMLSelectElement;
  rate: HTMLInputElement;
  info: HTMLElement;
  full: HTMLElement;
  note: HTMLElement;
  text: HTMLElement;
  again: HTMLElement;
  trace: HTMLElement;
  panel: HTMLElement;
  picture: HTMLElement;
  options: HTMLElement;
  bar: HTMLElement;
}

export interface ControlsModule {
  makeControls(label: string): Parts;
  SPEEDS: readonly number[];
}

export interface KeysModule {
  actionOf(event: KeyboardEvent, playing: boolean): string | null;
}

export interface FaceModule {
  Face: {
    new (
      root: HTMLElement,
    ): {
      readonly width: number;
      readonly parts: Parts;
      readonly playable: boolean;
      enable(playable: boolean, live?: boolean): void;
      wait(waited: number): void;
      dress(menu: HTMLElement, more: HTMLElement[]): void;
      undrape(): void;
      say(text: string, how?: { wrong?: boolean; again?: boolean }): void;
      remind(text: string): void;
      showTrace(traceback: string): void;
      clear(): void;
      update(playback: Playback, reached: number): void;
    };
  };
}

export interface Bars {
  wait(waited: number): void;
  show(progress: api.Progress): void;
  clear(): void;
}

export interface WaitingModule {
  wait(
    at: object | null,
    put: (bars: HTMLElement) => boolean,
    call: object,
    waited: number,
    cancel: () => void,
  ): void;
}

export interface BarsModule {
  Bars: { new (put: (bars: HTMLElement) => boolean, cancel: () => void): Bars };
  inWords(progress: api.Progress, since?: number): string;
  putInto(target: Element, bars: HTMLElement): boolean;
}

export interface TabModule {
  recall(key: string): string | null;
  keep(key: string, value: string | null): boolean;
}

export interface ElementsModule {
  element<Tag extends keyof HTMLElementTagNameMap>(
    tag: Tag,
    attributes?: Record<string, string>,
    ...children: (Node | string)[]
  ): HTMLElementTagNameMap[Tag];
  passFocus(part: HTMLElement, next: HTMLElement): void;
}

/** A live parameter as the kernel describes it; see pybridge/animation/params.py. */
export interface Param {
  kind: 'slider' | 'choice' | 'toggle' | 'text';
  name: string;
  value: unknown;
  low?: number;
  high?: number;
  step?: number | null;
  options?: string[];
}

export interface ParamsModule {
  Params: {
    new (
      panel: HTMLElement,
      send: (changes: Record<string, unknown>) => Promise<unknown>,
    ): { update(params: readonly Param[]): void };
  };
}

export interface ExportedFile {
  name: string;
  mime: string;
  data: Uint8Array<ArrayBuffer>;
}

export interface SaveModule {
  SaveMenu: {
    new (
      root: HTMLElement,
      fetch: (format: string, signal: AbortSignal) => Promise<ExportedFile>,
      keep: (signal: AbortSignal) => Promise<unknown>,
    ): {
      element: HTMLElement;
      progress: HTMLElement;
      advance(fraction: number): void;
      close(): void;
    };
  };
}

export interface ReadoutModule {
  Readout: {
    new (
      figures: () => Record<string, string>,
    ): { element: HTMLElement; count(): void; toggle(): boolean; close(): void };
  };
}

/** What the kernel tells every view of an animation. */
export type PlayerEvent =
  | { what: 'play' }
  | { what: 'pause' }
  | { what: 'seek'; index: number }
  | { what: 'ready'; indices: number[] }
  | { what: 'baked'; digest: string }
  | ({ what: 'params'; params: Param[] } & AnimationState)
  | ({ what: 'restart' | 'renew' } & AnimationState);

export interface NumbersModule {
  inRange(value: number, low: number, high: number): string;
}

export interface IconsModule {
  icon(name: string): SVGElement;
}

export interface LoopModule {
  start(tick: (now: number) => void): void;
  stop(tick: (now: number) => void): void;
}

export interface Player {
  open(): Promise<void>;
  close(): void;
}

export interface PlayerModule {
  Player: { new (root: HTMLElement, origin: Origin | null): Player };
}

export interface MountModule {
  mountAll(
    kinds: Record<string, (root: HTMLElement) => Mounted>,
    isTrusted?: (root: HTMLElement) => boolean,
  ): void;
  readonly count: number;
}

export interface StylesModule {
  /** Have the page load the styles of what cells show. */
  style(): void;
}

export interface OutputsModule {
  mount(): void;
}

export interface OriginListener {
  /** What the kernel tells every view. */
  heard?: (event: any) => void;
  /** Its process is another one now, or none. */
  gone?: () => void;
  /** The kernel is busy with something else, and has been for so many ms. */
  waiting?: (waited: number) => void;
}

/** The kernel's end of what a cell shows. */
export interface Origin {
  /** null until the kernel has answered. */
  handle: api.PythonHandle | null;
  /** The page's name for this view. */
  readonly view: string;
  attach(listener: OriginListener): Promise<any>;
  onConnected(listener: () => void): () => void;
  rewrite(change: (stored: HTMLElement) => void): void;
  close(): void;
}

export interface OriginModule {
  Origin: { new (root: HTMLElement): Origin };
}

/** The frames of an animation as a notebook holds them; see pybridge/animation/bake.py. */
export interface Baked {
  version: number;
  length: number | null;
  frames: ReadonlyMap<number, KeptFrame>;
  scale: number;
  interval: number;
  repeat: boolean;
  params: Param[];
  /** Which frames they are, in words, and whether that is not all of them. */
  text: string;
  partial: boolean;
}

export interface BakedModule {
  parseBaked(text: string | null | undefined): Baked | null;
  readBaked(root: Element): Baked | null;
  writeBaked(root: Element, text: string): void;
}
