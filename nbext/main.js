/**
 * The extension's entry: `window.pybridge` when it is enabled, and the same object from
 * `require(['nbextensions/pybridge/main'], ...)` when it is only installed.
 */
'use strict';

define(['./bridge', './debug', './outputs', './version', './farewell'], function (
  /** @type {import('./internal').BridgeModule} */ bridge,
  /** @type {import('./internal').DebugModule} */ { snapshot },
  /** @type {import('./internal').OutputsModule} */ { mount },
  /** @type {import('./internal').VersionModule} */ { VERSION },
) {
  const pybridge = Object.freeze({
    connect: bridge.connect,
    mount,
    /** What the bridge is at, as it is now. */
    get debug() {
      return snapshot();
    },
    version: VERSION,
    NdArray: bridge.NdArray,
    BridgeError: bridge.BridgeError,
    PythonError: bridge.PythonError,
    /** What the notebook calls once it has loaded an enabled extension. */
    load_ipython_extension() {},
  });
  window.pybridge = pybridge;
  return pybridge;
});
