/** What Python may do with an object of this page; see the table in pybridge/jsproxy.py. */
'use strict';

define([], function () {
  /** @param {any} object @param {PropertyKey} key */
  function hasFunction(object, key) {
    try {
      return typeof object[key] === 'function';
    } catch {
      // Windows of other origins, and getters that fail.
      return false;
    }
  }

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
    return hasFunction(object, 'has') && typeof object.size === 'number';
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
      n: hasFunction(object, 'next'),
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
