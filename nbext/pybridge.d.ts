/** Types of pybridge's JavaScript API; see docs/javascript.md for what it does. */

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
  | 'too-large';

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

export interface CallOptions {
  /** Reject with 'timeout' after so many ms, and stop the call in Python. */
  timeout?: number;
  /** Reject with 'cancelled' when it aborts, and stop the call in Python. */
  signal?: AbortSignal;
  /** The call may run twice: it is sent again when it was aborted or the connection was lost. */
  repeatable?: boolean;
  /** Output that no callback takes goes to the cell that holds this element. */
  element?: Element;
  /** Each item of a generator, as it comes. */
  onItem?(item: any): void;
  /** What Python prints. */
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

export interface Globals {
  /** undefined when there is no such name. */
  get(name: string): Call<any>;
  set(name: string, value: unknown): Call<null>;
  has(name: string): Call<boolean>;
  /** Rejects with PythonError KeyError when there is no such name. */
  delete(name: string): Call<null>;
  /** The names that the notebook's author gave. */
  keys(): Call<string[]>;
}

export interface Bridge {
  execute(
    code: string,
    callbacks?: ExecuteCallbacks,
    options?: ExecuteOptions,
  ): Promise<ExecuteReply>;
  /** The value of the last expression; `await` at the top level works. */
  runPython(code: string, options?: CallOptions): Call<any>;
  handle(name: string): PythonHandle;
  readonly globals: Globals;
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
  /** Make players of the outputs that are not players yet; the outputs do so by themselves. */
  mount(): void;
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
