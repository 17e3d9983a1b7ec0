/** Types of pybridge's JavaScript API; see docs/javascript.md for what it does. */

/** Or a Float16Array, where the browser and TypeScript's `lib` have it. */
export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** An array of any shape, as NumPy has them: elements in C order. */
export class NdArray<Data extends TypedArray = TypedArray> {
  /** Throws a BridgeError 'bad-argument' when the shape does not fit the data. */
  constructor(data: Data, shape?: readonly number[], dtype?: string);
  readonly data: Data;
  readonly shape: number[];
  /** NumPy's name: 'float64', 'bool', ... */
  readonly dtype: string;
}

export type BridgeErrorCode =
  | 'no-kernel'
  | 'not-installed'
  | 'version-mismatch'
  | 'no-handle'
  | 'not-exported'
  | 'bad-argument'
  | 'not-serializable'
  | 'aborted'
  | 'interrupted'
  | 'restarted'
  | 'dead'
  | 'disconnected'
  | 'timeout'
  | 'cancelled'
  | 'lost-reply'
  | 'too-large'
  | 'destroyed'
  | 'no-page'
  | 'not-python'
  | 'wrong-lane';

/** Something went wrong on the way to Python or back. */
export class BridgeError extends Error {
  constructor(code: BridgeErrorCode, message: string, details?: { path?: string; cause?: unknown });
  readonly code: BridgeErrorCode;
  /** Where in a value the culprit lies, such as '$.a[3]'. */
  readonly path?: string;
}

export interface Frame {
  file: string;
  line: number;
  name: string;
  text: string;
}

/** Python raised. `message` is str() of the exception. */
export class PythonError extends Error {
  /** Name of the exception's class, such as 'ValueError'. */
  readonly type: string;
  /** As Python prints it. */
  readonly traceback: string;
  /** Outermost first. Empty for `py.execute`, whose kernel may not be Python's. */
  readonly frames: Frame[];
  readonly cause?: PythonError;
}

/** Where a call is served: between the cells, or beside them. */
export type Lane = 'main' | 'side';

/** How far a call is, as the Python code that runs tells. */
export interface Progress {
  /** Which one it is, where several loops are told of at once. */
  number: number;
  /** What is being done; may be empty. */
  text: string;
  /** From 0 to 1; null when nobody knows. */
  fraction: number | null;
  /** Seconds that it will still take, about; null when nobody knows. */
  left: number | null;
  /** Steps so far; null where none are counted. */
  count: number | null;
  /** Seconds so far. */
  elapsed: number;
  /** Whether this is the last that is told of it. */
  done: boolean;
}

export interface CallOptions {
  /** Reject with 'timeout' after so many ms, and stop the call in Python. */
  timeout?: number;
  /** Reject with 'cancelled' when it aborts, and stop the call in Python. */
  signal?: AbortSignal;
  /** 'proxy' gives a PyProxy where the result would be copied; a generator itself, not its items. */
  as?: 'proxy';
  /** The call may run twice: it is sent again when it was aborted or the connection was lost. */
  repeatable?: boolean;
  /**
   * By default as Python declares it. 'main': in order with the page's other calls. 'side': rejected
   * with 'wrong-lane' unless it was declared; where the kernel has no side lane it waits its turn.
   */
  lane?: Lane;
  /** Output that no callback takes goes to the cell that holds this element; a bar goes into it. */
  element?: Element;
  /** Each item of a generator, as it comes. */
  onItem?(item: any): void;
  /**
   * The kernel is busy with something else, and the call has waited so many ms; every second, and 0
   * once it waits no more. Without it a bar says so.
   */
  onBusy?(waited: number): void;
  /** How far it is, at most ten times a second; without it a bar is shown. */
  onProgress?(progress: Progress): void;
  /** What Python prints; a line may come in pieces. */
  onStream?(content: { name: 'stdout' | 'stderr'; text: string }): void;
  /** What Python displays; `type` is the message's type. */
  onDisplay?(content: DisplayContent, type: string): void;
}

export interface DisplayContent {
  data: Record<string, any>;
  metadata: Record<string, any>;
  transient?: { display_id?: string };
}

/** The promise of a call; iterate over it for the items of a generator. */
export interface Call<Result> extends Promise<Result>, AsyncIterable<any> {
  cancel(): void;
}

/** A Python object by name: any method is there to be called, a registered function is callable. */
export interface PythonHandle {
  (...args: unknown[]): Call<any>;
  call(
    method: string | null,
    args?: readonly unknown[],
    kwargs?: Record<string, unknown>,
    options?: CallOptions,
  ): Call<any>;
  readonly handleName: string;
  [method: string]: any;
}

export interface ExecuteCallbacks {
  /** Every message: its type, content and buffers. */
  output?(type: string, content: any, buffers: readonly DataView[]): void;
  /** What is printed; a line may come in pieces. */
  stream?(content: { name: 'stdout' | 'stderr'; text: string }): void;
  /** display_data and update_display_data. */
  display?(content: DisplayContent, type: string): void;
  result?(content: DisplayContent & { execution_count: number }): void;
  error?(content: { ename: string; evalue: string; traceback: string[] }): void;
  clear?(content: { wait: boolean }): void;
  /** Answers `input()`; Python waits for what it returns. Without it `input()` raises. */
  input?(prompt: string, request: { prompt: string; password: boolean }): string | Promise<string>;
  status?(state: 'busy' | 'idle' | string): void;
}

export interface ExecuteOptions {
  /** Default false. A silent run gives no execute_result. */
  silent?: boolean;
  /** Default false: no entry in the history, no new In[n]. */
  storeHistory?: boolean;
  /** Default false: an error does not abort the user's queued cells. */
  stopOnError?: boolean;
  timeout?: number;
  signal?: AbortSignal;
  repeatable?: boolean;
  element?: Element;
}

export interface ExecuteReply {
  status: 'ok';
  execution_count?: number;
  user_expressions?: Record<string, any>;
  payload?: any[];
}

export interface RunOptions extends CallOptions {
  /** A proxy of a dict: the names for the code, instead of the notebook's own. */
  globals?: PyProxy | Globals;
}

export interface PackageOptions extends CallOptions {
  /** Each line that pip prints; without it they go to the console. */
  messageCallback?(line: string): void;
  errorCallback?(line: string): void;
}

export interface BufferOptions {
  signal?: AbortSignal;
  /** Bytes done, of how many; of a table columns. */
  onProgress?(done: number, all: number): void;
}

/** A copy of a Python object's memory; see docs/proxies.md. */
export interface PyBuffer {
  readonly data: any;
  readonly type: string;
  readonly shape: number[];
  /** From one element to the next along each axis, in elements of `data`; of a DataView in bytes. */
  readonly strides: number[];
  /** Of the element [0, ..., 0]. */
  readonly offset: number;
  readonly ndim: number;
  readonly itemsize: number;
  readonly nbytes: number;
  readonly readonly: boolean;
  readonly format: string;
  /** As NumPy writes it. */
  readonly dtype: string;
  readonly c_contiguous: boolean;
  readonly f_contiguous: boolean;
  release(): void;
}

/** The columns of a DataFrame. */
export interface PyTable {
  readonly names: string[];
  readonly length: number;
  /** By name: a typed array, or an array of strings or other values. */
  readonly columns: Record<string, any>;
  release(): void;
}

/**
 * A Python object that stays in the kernel. `length`, `get`, `next` and the like are there for what
 * the object can do in Python. Any other name is an attribute: await it, or call it.
 */
export interface PyProxy {
  /** Name of the object's class. */
  readonly type: string;
  /** str() of the object. */
  toString(): any;
  /** The object by value as far as possible, with proxies inside for the rest. */
  toJs(options?: { depth?: number }): Call<any>;
  /** Let go of the object. */
  destroy(): void;
  /** Another proxy, to be destroyed on its own. */
  copy(): PyProxy;
  readonly length: Promise<number>;
  get(key: unknown): Call<any>;
  set(key: unknown, value: unknown): Call<null>;
  has(key: unknown): Call<boolean>;
  delete(key: unknown): Call<null>;
  next(value?: unknown): Call<{ done: boolean; value: any }>;
  getBuffer(type?: string, options?: BufferOptions): Promise<PyBuffer | PyTable>;
  call(self: unknown, ...args: unknown[]): Call<any>;
  apply(self: unknown, args: Iterable<unknown>): Call<any>;
  callKwargs(...argsAndKwargs: unknown[]): Call<any>;
  bind(self: unknown, ...first: unknown[]): (...args: unknown[]) => Call<any>;
  /** What the object can do in Python; known without asking. */
  supportsLength(): boolean;
  supportsGet(): boolean;
  supportsSet(): boolean;
  supportsHas(): boolean;
  isAwaitable(): boolean;
  isBuffer(): boolean;
  isCallable(): boolean;
  isIterable(): boolean;
  isIterator(): boolean;
  then?: Promise<any>['then'];
  catch?: Promise<any>['catch'];
  finally?: Promise<any>['finally'];
  [Symbol.asyncIterator](): AsyncGenerator<any, void, void>;
  (...args: unknown[]): Call<any>;
  [attribute: string]: any;
}

export interface Globals {
  /** undefined when there is no such name. */
  get(name: string, options?: CallOptions): Call<any>;
  set(name: string, value: unknown): Call<null>;
  has(name: string): Call<boolean>;
  /** Rejects with PythonError KeyError when there is no such name. */
  delete(name: string): Call<null>;
  /** The names that the notebook's author gave. */
  keys(): Call<string[]>;
}

/**
 * - `opening`: the kernel has not answered yet;
 * - `live`: in step with the kernel;
 * - `waiting`: the connection is lost, changes are kept until it is back;
 * - `gone`: its kernel, or the Python object, is no more;
 * - `closed`: one side has closed it.
 */
export type ModelStatus = 'opening' | 'live' | 'waiting' | 'gone' | 'closed';

/** This page's copy of a `pybridge.Model`; see docs/models.md. */
export interface Model {
  readonly id: string;
  readonly status: ModelStatus;
  /** Names of the traits that are mirrored. */
  keys(): string[];
  get(name: string): any;
  /** What it was before its last change. */
  previous(name: string): any;
  /** Change traits, here and now; `save` sends them. */
  set(name: string, value: unknown): void;
  set(values: Record<string, unknown>): void;
  /**
   * Send what was set, at the next frame and with what is set until then. Resolves when Python has
   * taken it; rejects with what Python raised when it was refused, and the old value is back.
   */
  save(): Promise<void>;
  on(event: `change:${string}`, listener: (value: any, old: any) => void): void;
  on(event: 'change', listener: (values: Record<string, any>) => void): void;
  on(event: 'status', listener: (status: ModelStatus) => void): void;
  on(event: 'error', listener: (error: Error, name: string | null) => void): void;
  off(event?: string, listener?: (...args: any[]) => void): void;
  /** Send Python something beside the state; resolves when it has taken it. */
  send(content: unknown, buffers?: readonly (ArrayBuffer | ArrayBufferView)[]): Promise<void>;
  /** Gives the function that ends it. */
  onMessage(listener: (content: any, buffers: readonly Uint8Array[]) => void): () => void;
  /** Close it in Python and in every page. */
  close(): Promise<void>;
}

export interface CommOptions {
  /** JSON for the function that answers the target. */
  data?: any;
  buffers?: readonly (ArrayBuffer | ArrayBufferView)[];
  /** For each of its messages, in ms. */
  timeout?: number;
}

/** One end of a comm; Python has the other. */
export interface Comm {
  readonly id: string;
  readonly closed: boolean;
  /** Resolves when Python has handled it; rejects with what its listener raised. */
  send(data?: any, buffers?: readonly (ArrayBuffer | ArrayBufferView)[]): Promise<void>;
  /** Gives the function that ends it. Messages from before the first listener are kept for it. */
  onMessage(listener: (data: any, buffers: readonly DataView[]) => void): () => void;
  onClose(listener: (data: any) => void): () => void;
  close(data?: any): Promise<void>;
}

export interface Bridge {
  execute(
    code: string,
    callbacks?: ExecuteCallbacks,
    options?: ExecuteOptions,
  ): Promise<ExecuteReply>;
  /** The value of the last expression; `await` at the top level works. */
  runPython(code: string, options?: RunOptions): Call<any>;
  runPythonAsync(code: string, options?: RunOptions): Call<any>;
  handle(name: string): PythonHandle;
  /** This page's copy of a model, by the name it is registered under. */
  model(name: string, options?: CallOptions): Promise<Model>;
  /** Open a comm to a target of `pybridge.comm_target`, or to any other of the kernel's. */
  comm(target: string, options?: CommOptions): Promise<Comm>;
  readonly globals: Globals;
  /** Import a module. */
  pyimport(name: string): Call<any>;
  /** A Python object made of a value, as a proxy. */
  toPy(value: unknown, options?: { depth?: number }): Call<any>;
  isPyProxy(value: unknown): boolean;
  /** Let Python `import` an object of this page. */
  registerJsModule(name: string, module: object): Call<null>;
  unregisterJsModule(name: string): Call<null>;
  /** Install packages into the kernel's environment with pip; what is there is left alone. */
  loadPackage(names: string | readonly string[], options?: PackageOptions): Promise<void>;
  /** Install what a piece of code imports; gives the names of what was missing. */
  loadPackagesFromImports(code: string, options?: PackageOptions): Promise<string[]>;
  /** Destroy at its end the proxies that were made through the scope, but for those it returns. */
  scope<Result>(work: (scope: Bridge) => Promise<Result> | Result): Promise<Result>;
  readonly version: string;
  readonly PythonError: typeof PythonError;
}

/** A call that is not over. */
export interface CallState {
  readonly number: number;
  /** What is asked for, such as 'call sim.step'; never a value. */
  readonly what: string;
  readonly lane: Lane;
  /** 'settled': the caller has its answer, or waits no more, but the kernel is not done with it. */
  readonly state: 'queued' | 'sent' | 'running' | 'settled';
  /** How often it was sent. */
  readonly attempts: number;
  /** Since it was asked for, in ms. */
  readonly age: number;
}

/** From being asked for to being settled, in ms; null where nothing was counted. */
export interface Latency {
  readonly count: number;
  /** As the histogram tells, and so is `p95`. */
  readonly median: number | null;
  /** What 95 % of them took at most. */
  readonly p95: number | null;
  readonly longest: number | null;
  /** Pairs: up to how many ms, null for any; and how many there are above the pair before. */
  readonly histogram: readonly (readonly [number | null, number])[];
}

/** What the bridge of a page is at; see docs/debugging.md. All but `log` is JSON. */
export interface DebugSnapshot {
  readonly version: string;
  readonly kernel: 'no-kernel' | 'connecting' | 'connected' | 'unreachable' | 'dead';
  readonly subshell: string | null;
  readonly inFlight: number;
  readonly queued: number;
  readonly calls: readonly CallState[];
  readonly settled: number;
  readonly latency: Latency;
  readonly dropped: number;
  readonly retried: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly pyProxies: number;
  readonly jsProxies: number;
  readonly models: number;
  readonly comms: number;
  readonly mounted: number;
  /** Whether the console is told of each call; may be set, and stays so until the window is closed. */
  log: boolean;
  /** As a table. */
  toString(): string;
}

export interface ConnectOptions {
  /** Output that nobody asked for goes to the cell that holds this element. */
  element?: Element;
  /** How long to wait for the kernel, in ms; default 60000. */
  timeout?: number;
  signal?: AbortSignal;
}

export interface Pybridge {
  connect(options?: ConnectOptions): Promise<Bridge>;
  /** Bring to life the players, models and plots of the page that are not yet; those in outputs need no call. */
  mount(): void;
  /** What the bridge is at, as it is now. */
  readonly debug: DebugSnapshot;
  readonly version: string;
  readonly NdArray: typeof NdArray;
  readonly BridgeError: typeof BridgeError;
  readonly PythonError: typeof PythonError;
}

declare global {
  interface Window {
    pybridge: Pybridge;
  }
}
