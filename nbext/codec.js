/**
 * Values to a tree of JSON with binary buffers beside it, and back; twin of pybridge/codec.py,
 * whose first lines list the tagged objects.
 */
'use strict';

define(['./errors'], function (/** @type {import('./internal').ErrorsModule} */ errors) {
  /** @typedef {import('./internal').Tree} Tree */
  /** @typedef {import('./pybridge').TypedArray} TypedArray */
  /** @typedef {{parent: Path | null, key: string | number}} Path a list from the culprit to the root */

  const MAX_DEPTH = 200;
  /** How many bytes of binary parts a value may have; as in pybridge/codec.py. */
  const MAX_BYTES = 2 ** 30;
  const MAX_PATH = 120;

  /**
   * Constructors by NumPy's names. Float16Array is young: without it the values are widened.
   * @type {Record<string, import('./internal').TypedArrayConstructor>}
   */
  const ARRAYS = {
    bool: Uint8Array,
    int8: Int8Array,
    uint8: Uint8Array,
    int16: Int16Array,
    uint16: Uint16Array,
    int32: Int32Array,
    uint32: Uint32Array,
    int64: BigInt64Array,
    uint64: BigUint64Array,
    float32: Float32Array,
    float64: Float64Array,
  };
  if (typeof Float16Array !== 'undefined') ARRAYS.float16 = /** @type {any} */ (Float16Array);

  /** @type {Map<Function, string>} */
  const DTYPES = new Map(Object.entries(ARRAYS).map(([dtype, type]) => [type, dtype]));
  DTYPES.set(Uint8Array, 'uint8');
  DTYPES.set(Uint8ClampedArray, 'uint8');

  /** An array of any shape, as NumPy has them: elements in C order, the last index fastest. */
  class NdArray {
    /**
     * @param {TypedArray} data
     * @param {readonly number[]} [shape] by default one dimension
     * @param {string} [dtype] NumPy's name; by default that of the data, 'bool' has to be said
     */
    constructor(data, shape = [data.length], dtype = DTYPES.get(data.constructor) ?? '') {
      const size = shape.reduce((product, n) => product * n, 1);
      if (size !== data.length || !shape.every((n) => Number.isInteger(n) && n >= 0)) {
        throw new errors.BridgeError(
          'bad-argument',
          `${data.length} elements are not an array of shape [${shape.join(', ')}]`,
        );
      }
      this.data = data;
      this.shape = [...shape];
      this.dtype = dtype;
    }
  }

  /** What stands for an object of Python's: a reference to it has a place in any value. @type {WeakSet<object>} */
  const foreign = new WeakSet();

  /** A value that goes by value if all of it can, else by reference. */
  class Whole {
    /** @param {unknown} value */
    constructor(value) {
      this.value = value;
    }
  }

  /** An object that goes by reference even if it could go by value. */
  class Ref {
    /** @param {unknown} value */
    constructor(value) {
      this.value = value;
    }
  }

  /** A value that goes by value as far as it can, with references inside to what cannot. */
  class Deep {
    /** @param {unknown} value @param {number} [depth] so many containers inside of one another; -1 for any number */
    constructor(value, depth = -1) {
      this.value = value;
      this.depth = depth < 0 ? MAX_DEPTH : depth;
    }
  }

  /**
   * @param {unknown} value
   * @param {ArrayBuffer[]} buffers collects the binary parts, each a copy
   * @param {string} [root] how an error's path begins
   * @param {(object: any) => Tree} [refer] gives the tree of a reference to an object
   * @returns {Tree}
   */
  function encode(value, buffers, root = '$', refer = undefined) {
    let bytes = 0;
    /** @type {Set<object>} */
    const open = new Set();
    /** How deep containers may lie that go by value; null outside of a Deep. @type {number | null} */
    let limit = null;
    /** What is to be referred to, each with the tree that is to become the reference's. @type {[Tree, any][]} */
    const references = [];
    const tree = walk(value, { parent: null, key: root }, 0);
    if (refer) {
      // Last of all: what turns out not to be sent must not be held for its receiver.
      for (const [place, item] of references) Object.assign(place, refer(item));
    }
    return tree;

    /** The tree of a reference, which is empty until all is encoded. @param {any} item @returns {Tree} */
    function point(item) {
      const place = {};
      references.push([place, item]);
      return place;
    }

    /** @param {unknown} item @param {Path} path @param {number} depth @returns {Tree} */
    function walk(item, path, depth) {
      if (limit !== null) return walkDeep(item, path, depth);
      return item instanceof Whole || item instanceof Ref || item instanceof Deep
        ? walkMarked(item, path, depth)
        : walkPlain(item, path, depth);
    }

    /** @param {Whole | Ref | Deep} mark @param {Path} path @param {number} depth @returns {Tree} */
    function walkMarked(mark, path, depth) {
      if (mark instanceof Ref) return refer ? point(mark.value) : walk(mark.value, path, depth);
      if (mark instanceof Whole) return orRefer(mark.value, () => walk(mark.value, path, depth));
      limit = depth + mark.depth;
      try {
        return walk(mark.value, path, depth);
      } finally {
        limit = null;
      }
    }

    /** @param {unknown} item @param {Path} path @param {number} depth @returns {Tree} */
    function walkDeep(item, path, depth) {
      if (refer && depth >= Number(limit) && isContainer(item)) return point(item);
      return orRefer(item, () => walkPlain(item, path, depth));
    }

    /** @param {unknown} item @param {() => Tree} byValue @returns {Tree} */
    function orRefer(item, byValue) {
      const [buffered, referred] = [buffers.length, references.length];
      try {
        return byValue();
      } catch (error) {
        const isRefused = error instanceof errors.BridgeError && error.code === 'not-serializable';
        if (!refer || !isRefused) throw error;
        for (const { byteLength } of buffers.splice(buffered)) bytes -= byteLength;
        references.length = referred;
        return point(item);
      }
    }

    /** @param {unknown} item @param {Path} path @param {number} depth @returns {Tree} */
    function walkPlain(item, path, depth) {
      if (refer && foreign.has(/** @type {object} */ (item))) return point(item);
      switch (typeof item) {
        case 'string':
        case 'boolean':
          return item;
        case 'undefined':
          return null;
        case 'number':
          return encodeNumber(item);
        case 'bigint':
          return {
            $: 'int',
            v: `${item < 0n ? '-' : ''}0x${(item < 0n ? -item : item).toString(16)}`,
          };
        case 'object':
          return item === null ? null : walkObject(item, path, depth);
        default:
          throw refuse(item, path);
      }
    }

    /** @param {object} item @param {Path} path @param {number} depth @returns {Tree} */
    function walkObject(item, path, depth) {
      if (item instanceof NdArray) return encodeArray(item.data, item.shape, item.dtype, path);
      if (item instanceof Date) return encodeDate(item, path);
      if (item instanceof Uint8Array || item instanceof ArrayBuffer || item instanceof DataView) {
        return { $: 'bytes', b: add(item) };
      }
      if (ArrayBuffer.isView(item)) {
        const data = /** @type {TypedArray} */ (item);
        return encodeArray(data, [data.length], DTYPES.get(data.constructor) ?? '', path);
      }
      if (open.has(item)) throw refuse(item, path, 'it contains itself');
      if (depth >= MAX_DEPTH) throw refuse(item, path, `it is nested more than ${MAX_DEPTH} deep`);
      open.add(item);
      try {
        return walkContainer(item, path, depth + 1);
      } finally {
        open.delete(item);
      }
    }

    /** @param {object} item @param {Path} path @param {number} depth @returns {Tree} */
    function walkContainer(item, path, depth) {
      if (Array.isArray(item)) {
        // Array.from visits holes too: they are undefined, and so None.
        return Array.from(item, (child, i) => walk(child, { parent: path, key: i }, depth));
      }
      if (item instanceof Set) {
        return {
          $: 'set',
          v: Array.from(item, (child, i) => walk(child, { parent: path, key: i }, depth)),
        };
      }
      if (item instanceof Map) {
        return { $: 'map', v: pairs(item, path, depth) };
      }
      if (!isPlain(item)) throw refuse(item, path);
      const entries = Object.entries(item);
      if (Object.hasOwn(item, '$')) return { $: 'dict', v: pairs(entries, path, depth) };
      // No prototype: a key called __proto__ is a key like any other.
      const tree = Object.create(null);
      for (const [key, child] of entries) tree[key] = walk(child, { parent: path, key }, depth);
      return tree;
    }

    /** @param {Iterable<[unknown, unknown]>} entries @param {Path} path @param {number} depth */
    function pairs(entries, path, depth) {
      return Array.from(entries, ([key, child]) => {
        const inner = { parent: path, key: typeof key === 'number' ? key : nameOf(key) };
        return [walk(key, inner, depth), walk(child, inner, depth)];
      });
    }

    /** @param {TypedArray} data @param {readonly number[]} shape @param {string} dtype @param {Path} path */
    function encodeArray(data, shape, dtype, path) {
      const type = ARRAYS[dtype];
      const said = DTYPES.get(data.constructor);
      if (type === undefined || (said !== dtype && !(said === 'uint8' && dtype === 'bool'))) {
        throw refuse(data, path, `NumPy has no such array of ${dtype || 'that type'}`);
      }
      return { $: 'ndarray', dtype, shape: [...shape], b: add(data) };
    }

    /** @param {ArrayBuffer | ArrayBufferView} data */
    function add(data) {
      bytes += data.byteLength;
      if (bytes > MAX_BYTES) {
        throw new errors.BridgeError(
          'too-large',
          `${bytes} bytes are over the limit of ${MAX_BYTES} for one value`,
        );
      }
      // The copy is a snapshot of what may change before it is sent, and sheds what lies around a
      // view: the notebook would send the whole buffer under it.
      const view = ArrayBuffer.isView(data)
        ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
        : new Uint8Array(data);
      return buffers.push(view.slice().buffer) - 1;
    }
  }

  /** What to call a key in a path; it may be anything. @param {unknown} key */
  function nameOf(key) {
    return typeof key === 'string' ? key : Object.prototype.toString.call(key);
  }

  /** @param {number} value @returns {Tree} */
  function encodeNumber(value) {
    if (Number.isNaN(value)) return { $: 'float', v: 'nan' };
    if (!Number.isFinite(value)) return { $: 'float', v: value > 0 ? 'inf' : '-inf' };
    if (Object.is(value, -0)) return { $: 'float', v: '-0' };
    // JSON writes 2 ** 64 as 18446744073709552000, an integer to Python, and another one; from
    // 1e21 on it writes an exponent.
    const long = Math.abs(value) < 1e21 && Number.isInteger(value) && !Number.isSafeInteger(value);
    return long ? { $: 'float', v: String(value) } : value;
  }

  /** @param {Date} date @param {Path} path @returns {Tree} */
  function encodeDate(date, path) {
    if (Number.isNaN(date.getTime())) throw refuse(date, path, 'it is an invalid date');
    return { $: 'datetime', v: date.getTime() };
  }

  /** @param {unknown} item */
  function isContainer(item) {
    if (typeof item !== 'object' || item === null) return false;
    return Array.isArray(item) || item instanceof Set || item instanceof Map || isPlain(item);
  }

  /** What a container holds: its items, its values, and the keys of a Map. @param {any} container @returns {any[]} */
  function contents(container) {
    if (container instanceof Map) return [...container].flat();
    return container instanceof Set ? [...container] : Object.values(container);
  }

  /** Tell an object literal from an instance of a class, in whichever frame it was made. @param {object} item */
  function isPlain(item) {
    const prototype = Object.getPrototypeOf(item);
    return prototype === null || Object.getPrototypeOf(prototype) === null;
  }

  /** @param {unknown} item @param {Path} path @param {string} [hint] */
  function refuse(item, path, hint) {
    const what =
      typeof item === 'object' && item !== null
        ? (item.constructor?.name ?? 'object')
        : typeof item;
    const text = format(path);
    return new errors.BridgeError(
      'not-serializable',
      `cannot send ${what} at ${text}: ${
        hint ??
        'by value the bridge sends null, booleans, numbers, BigInts, strings, Date, ArrayBuffer, ' +
          'typed arrays, NdArray, and arrays, plain objects, Maps and Sets of those'
      }`,
      { path: text },
    );
  }

  /** Write a path in the manner of JSONPath, the middle of a long one left out. @param {Path} path */
  function format(path) {
    const steps = [];
    /** @type {Path | null} */
    let at = path;
    for (; at.parent; at = at.parent) {
      const { key } = at;
      if (typeof key === 'string' && /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key)) steps.push(`.${key}`);
      else steps.push(`[${JSON.stringify(key).slice(0, 40)}]`);
    }
    const text = at.key + steps.reverse().join('');
    if (text.length <= MAX_PATH) return text;
    return `${text.slice(0, MAX_PATH / 2)}…${text.slice(-MAX_PATH / 2)}`;
  }

  /**
   * @param {string} text JSON
   * @param {readonly DataView[]} buffers
   * @param {(tree: any) => unknown} [adopt] gives what the tree of a reference stands for
   * @returns {any} the value, for a reply an object with values inside
   */
  function decode(text, buffers, adopt = refuseReference) {
    return guard(() => untag(JSON.parse(text), { buffers, adopt }));
  }

  /** @param {any} tree */
  function refuseReference(tree) {
    throw new errors.BridgeError('bad-argument', `no place for a reference: ${tree.type}`);
  }

  /** @template Value @param {() => Value} decoding @returns {Value} */
  function guard(decoding) {
    try {
      return decoding();
    } catch (error) {
      if (error instanceof errors.BridgeError) throw error;
      throw new errors.BridgeError('bad-argument', `not an encoded value: ${error}`, {
        cause: error,
      });
    }
  }

  /** @typedef {{buffers: readonly DataView[], adopt: (tree: any) => unknown}} Origin */

  /** @param {any} tree @param {Origin} origin @returns {any} */
  function untag(tree, origin) {
    if (typeof tree !== 'object' || tree === null) return tree;
    if (Array.isArray(tree)) {
      for (let i = 0; i < tree.length; i++) tree[i] = untag(tree[i], origin);
      return tree;
    }
    if (Object.hasOwn(tree, '$')) {
      const make = Object.hasOwn(DECODERS, tree.$) ? DECODERS[tree.$] : undefined;
      if (!make) throw new errors.BridgeError('bad-argument', `not an encoded value: ${tree.$}`);
      return make(tree, origin);
    }
    for (const key of Object.keys(tree)) define(tree, key, untag(tree[key], origin));
    return tree;
  }

  /** Set a property as a literal does: __proto__ is a key like any other. @param {object} target @param {string} key @param {unknown} value */
  function define(target, key, value) {
    Object.defineProperty(target, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }

  /** @type {Record<string, (tree: any, origin: Origin) => unknown>} */
  const DECODERS = {
    int: ({ v }) => (v.startsWith('-') ? -BigInt(v.slice(1)) : BigInt(v)),
    float: decodeNumber,
    bytes: ({ b }, { buffers }) => new Uint8Array(own(buffers, b)),
    datetime: decodeDate,
    ndarray: decodeArray,
    set: ({ v }, origin) => new Set(untag(v, origin)),
    map: ({ v }, origin) => new Map(untag(v, origin)),
    dict({ v }, origin) {
      const result = {};
      for (const [key, value] of v) define(result, key, untag(value, origin));
      return result;
    },
    py: (tree, { adopt }) => adopt(tree),
    js: (tree, { adopt }) => adopt(tree),
    model: (tree, { adopt }) => adopt(tree),
  };

  /** @param {any} tree */
  function decodeNumber({ v }) {
    if (v === 'nan') return Number.NaN;
    const number = v === 'inf' ? Infinity : v === '-inf' ? -Infinity : Number.parseFloat(v);
    if (Number.isNaN(number)) throw new errors.BridgeError('bad-argument', `not a number: ${v}`);
    return number;
  }

  /** @param {any} tree */
  function decodeDate({ v }) {
    const date = new Date(typeof v === 'number' ? v : Number.NaN);
    if (Number.isNaN(date.getTime()))
      throw new errors.BridgeError('bad-argument', `not a date: ${v}`);
    return date;
  }

  /** @param {any} tree @param {Origin} origin */
  function decodeArray({ dtype, shape, b }, { buffers }) {
    const data = own(buffers, b);
    if (dtype === 'float16' && !ARRAYS.float16) {
      return new NdArray(Float32Array.from(new Uint16Array(data), fromHalf), shape, 'float32');
    }
    const type = Object.hasOwn(ARRAYS, dtype) ? ARRAYS[dtype] : undefined;
    if (!type) throw new errors.BridgeError('bad-argument', `no such dtype: ${dtype}`);
    return new NdArray(new type(data), shape, dtype);
  }

  /** The bytes of a buffer in memory that nothing else has. @param {readonly DataView[]} buffers @param {number} index */
  function own(buffers, index) {
    const view = buffers[index];
    if (!view) throw new errors.BridgeError('bad-argument', `the message has no buffer ${index}`);
    const { buffer, byteOffset, byteLength } = view;
    const whole = byteOffset === 0 && byteLength === buffer.byteLength;
    return /** @type {ArrayBuffer} */ (
      whole ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)
    );
  }

  /** A half-precision number from its bits (IEEE 754, 3.6). @param {number} bits */
  function fromHalf(bits) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 0x1f) return fraction ? Number.NaN : sign * Infinity;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }

  return { NdArray, foreign, Whole, Ref, Deep, MAX_DEPTH, isContainer, contents, encode, decode };
});
