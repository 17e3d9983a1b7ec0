/**
 * What a call may be rejected with: a BridgeError for anything that went wrong on the way, a
 * PythonError for anything that Python raised. Twin of pybridge/errors.py.
 */
'use strict';

define([], function () {
  class BridgeError extends Error {
    /**
     * @param {import('./pybridge').BridgeErrorCode} code
     * @param {string} message
     * @param {{path?: string, cause?: unknown}} [details]
     */
    constructor(code, message, details = {}) {
      super(message, details.cause === undefined ? undefined : { cause: details.cause });
      this.name = 'BridgeError';
      this.code = code;
      /** Where in a value the culprit lies, for 'not-serializable' and 'bad-argument'. */
      this.path = details.path;
    }
  }

  class PythonError extends Error {
    /** @param {import('./internal').ErrorDescription} description */
    constructor(description) {
      const { type, message, traceback, frames, cause } = description;
      super(message, cause ? { cause: new PythonError(cause) } : undefined);
      this.name = 'PythonError';
      this.type = type;
      this.traceback = traceback;
      this.frames = frames;
    }

    toString() {
      return `${this.name}: ${this.type}: ${this.message}`;
    }
  }

  /**
   * The error that a reply of the kernel describes.
   * @param {import('./internal').ErrorDescription} description
   */
  function fromDescription(description) {
    if (description.code === 'python') return new PythonError(description);
    const code = /** @type {import('./pybridge').BridgeErrorCode} */ (description.code);
    return new BridgeError(code, description.message, { path: description.path });
  }

  return { BridgeError, PythonError, fromDescription };
});
