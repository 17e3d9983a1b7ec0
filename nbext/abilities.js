/** What Python may do with an object of this page; see the table in pybridge/jsproxy.py. */
'use strict';

define([], function () {
  /**
   * What there is to be read of an object, which is nothing of windows of other origins, and of
   * getters that fail.
   * @template Read
   * @param {() => Read} read
   */
  function readable(read) {
    try {
      return read();
    } catch {
      return undefined;
    }
  }

  /** @param {any} object @param {PropertyKey} key */
  const hasFunction = (object, key) => typeof readable(() => object[key]) === 'function';

  /** Whether items go by number. @param {any} object */
  function isList(object) {
    const isView = ArrayBuffer.isView(object) && !(object instanceof DataView);
    return Array.isArray(object) || isView || isNodes(object);
  }

  /** @param {unknown} object */
  function isNodes(object) {
    return object instanceof NodeList || object instanceof HTMLCollection;
  }

  /** Whether items go by key, as in a Map. @param {any} object */
  function isMap(object) {
    return ['get', 'has'].every((name) => hasFunction(object, name));
  }

  /** Whether its size is a number of items. @param {any} object */
  function isSet(object) {
    return hasFunction(object, 'has') && typeof readable(() => object.size) === 'number';
  }

  /** Whether its next() gives its items: of a jQuery object, it gives what comes after it in the page. @param {any} object */
  function isIterator(object) {
    if (!hasFunction(object, 'next') || hasFunction(object, Symbol.asyncIterator)) return false;
    const isIterable = hasFunction(object, Symbol.iterator);
    return !isIterable || readable(() => object[Symbol.iterator]()) === object;
  }

  /** @param {any} object @returns {string} */
  function abilities(object) {
    if (Object(object) !== object) return '';
    const list = isList(object);
    const map = isMap(object);
    const checks = {
      a: hasFunction(object, 'then'),
      c: typeof object === 'function',
      i: hasFunction(object, Symbol.iterator),
      n: isIterator(object),
      l: list || isSet(object),
      g: list || map,
      s: (list && !isNodes(object)) || (map && hasFunction(object, 'set')),
      h: list || hasFunction(object, 'has'),
    };
    return Object.entries(checks)
      .map(([letter, can]) => (can ? letter : ''))
      .join('');
  }

  /** @param {any} object */
  function typeName(object) {
    if (typeof object === 'function') return 'Function';
    try {
      const name = object?.constructor?.name;
      if (typeof name === 'string' && name) return name;
      return Object.prototype.toString.call(object).slice(8, -1);
    } catch {
      return 'Object';
    }
  }

  return { abilities, typeName, isList, isMap };
});
