/** What a tab of the browser keeps from page to page, if the browser's settings allow it. */
'use strict';

define([], function () {
  /** @param {string} key @returns {string | null} null where nothing is kept */
  function recall(key) {
    try {
      return sessionStorage.getItem(key);
    } catch {
      return null;
    }
  }

  /**
   * @param {string} key
   * @param {string | null} value null for nothing any more
   * @returns {boolean} whether the browser allows it
   */
  function keep(key, value) {
    try {
      if (value === null) sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, value);
      return true;
    } catch {
      return false;
    }
  }

  return { recall, keep };
});
