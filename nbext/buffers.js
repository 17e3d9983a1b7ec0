/** `PyProxy.getBuffer`: an object's memory, or the columns of a table; see pybridge/buffers.py. */
'use strict';

define(['./errors'], function (/** @type {import('./internal').ErrorsModule} */ { BridgeError }) {
  /** @typedef {import('./pybridge').TypedArray} TypedArray */

  /** Pyodide's names of the typed arrays. @type {Record<string, any>} */
  const ARRAYS = {
    i8: Int8Array,
    u8: Uint8Array,
    u8clamped: Uint8ClampedArray,
    i16: Int16Array,
    u16: Uint16Array,
    i32: Int32Array,
    u32: Uint32Array,
    i64: BigInt64Array,
    u64: BigUint64Array,
    f32: Float32Array,
    f64: Float64Array,
    dataview: DataView,
  };
  if (typeof Float16Array !== 'undefined') ARRAYS.f16 = Float16Array;

  /** What describes a buffer, but for its data. */
  const HEADER = [
    'type',
    'shape',
    'strides',
    'offset',
    'ndim',
    'itemsize',
    'nbytes',
    'readonly',
    'format',
    'dtype',
    'c_contiguous',
    'f_contiguous',
  ];

  /** A copy of a Python object's memory. */
  class PyBuffer {
    /** @param {Record<string, any>} header @param {ArrayBuffer} memory */
    constructor(header, memory) {
      for (const name of HEADER) /** @type {any} */ (this)[name] = header[name];
      const type = Object.hasOwn(ARRAYS, header.type) ? ARRAYS[header.type] : undefined;
      if (!type) {
        throw new BridgeError(
          'bad-argument',
          `this browser has no typed array for ${header.type}; ask for "dataview"`,
        );
      }
      if (memory.byteLength % (type.BYTES_PER_ELEMENT ?? 1)) {
        throw new BridgeError(
          'bad-argument',
          `${memory.byteLength} bytes are not whole elements of ${header.type}`,
        );
      }
      this.memory = new type(memory);
    }

    /** The typed array, or DataView. */
    get data() {
      if (this.memory === null) {
        throw new BridgeError('destroyed', 'this buffer was released');
      }
      return this.memory;
    }

    release() {
      this.memory = null;
    }
  }

  /** The columns of a table, each a typed array or an array. */
  class PyTable {
    /** @param {string[]} names @param {number} length @param {unknown[]} columns */
    constructor(names, length, columns) {
      this.names = names;
      this.length = length;
      /** @type {Record<string, any> | null} */
      this.held = Object.create(null);
      for (const [i, name] of names.entries()) {
        const column = /** @type {any} */ (columns[i]);
        /** @type {Record<string, any>} */ (this.held)[name] = column?.data ?? column;
      }
    }

    get columns() {
      if (this.held === null) throw new BridgeError('destroyed', 'this table was released');
      return this.held;
    }

    release() {
      this.held = null;
    }
  }

  /** Room for what a header tells of; null for that of a table. @param {any} header */
  function room(header) {
    if (Array.isArray(header?.columns)) return null;
    const nbytes = header?.nbytes;
    if (!Number.isSafeInteger(nbytes) || nbytes < 0) {
      throw new BridgeError('bad-argument', 'the kernel does not say how long the buffer is');
    }
    try {
      return new Uint8Array(nbytes);
    } catch {
      throw new BridgeError('too-large', `this browser has no room for ${nbytes} bytes`);
    }
  }

  /**
   * @param {import('./internal').Asker} methods of the proxy
   * @param {string | undefined} type
   * @param {{signal?: AbortSignal, onProgress?: (done: number, all: number) => void}} [options]
   */
  async function readBuffer(methods, type, { signal, onProgress } = {}) {
    /** @type {any} */
    let header;
    /** @type {Uint8Array | null} */
    let memory = null;
    let filled = 0;
    /** @type {unknown[]} */
    const columns = [];
    /** @type {unknown} what is wrong with the answer: the rest of it is of no use */
    let failure;
    const abort = new AbortController();
    const onItem = (/** @type {any} */ item) => {
      if (failure !== undefined) return;
      if (header === undefined) {
        header = item;
        try {
          memory = room(header);
        } catch (error) {
          failure = error;
          abort.abort();
        }
      } else if (memory) {
        memory.set(item, filled);
        filled += item.length;
        onProgress?.(filled, memory.length);
      } else {
        columns.push(item);
        onProgress?.(columns.length, header.columns.length);
      }
    };
    const options = { signal: AbortSignal.any([abort.signal, signal ?? abort.signal]), onItem };
    try {
      await methods.ask('buffer', { kind: type ?? null, stream: true }, options);
    } catch (error) {
      throw failure ?? error;
    }
    if (failure !== undefined) throw failure;
    if (header === undefined) throw new BridgeError('lost-reply', 'the buffer was lost');
    if (memory === null) return new PyTable(header.columns, header.length, columns);
    const { buffer, length } = /** @type {Uint8Array<ArrayBuffer>} */ (memory);
    if (filled !== length) {
      throw new BridgeError('lost-reply', `${length - filled} bytes of the buffer were lost`);
    }
    return new PyBuffer(header, buffer);
  }

  return { readBuffer, PyBuffer, PyTable };
});
