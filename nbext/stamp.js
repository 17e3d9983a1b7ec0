/** What a message says of the version that has sent it; twin of pybridge/stamp.py. */
'use strict';

define(['./version'], function (
  /** @type {import('./internal').VersionModule} */ { PROTOCOL, VERSION },
) {
  const STAMP = Object.freeze({ protocol: PROTOCOL, version: VERSION });

  const RELOAD = 'reload the page with Ctrl+Shift+R (Cmd+Shift+R on a Mac)';
  const UPGRADE =
    "run `pip install -U pybridge-nbext` in the kernel's environment and restart the kernel";

  /** Stamps that need not be told of, or were. */
  const told = new Set([JSON.stringify(STAMP)]);

  /**
   * Whether what bears this stamp of the kernel's can be understood here. Of another version the
   * console tells, once.
   * @param {{protocol?: number, version?: string}} stamp
   */
  function agrees({ protocol = PROTOCOL, version = VERSION }) {
    const key = JSON.stringify({ protocol, version });
    if (!told.has(key)) {
      told.add(key);
      console.warn(`pybridge: this page runs ${VERSION}, the kernel ${version}; ${help(protocol)}`);
    }
    return protocol === PROTOCOL;
  }

  /** @param {number} protocol */
  function help(protocol) {
    if (protocol > PROTOCOL) return `they cannot talk: ${RELOAD}`;
    if (protocol < PROTOCOL) return `they cannot talk: ${UPGRADE}`;
    return `should something be missing, ${RELOAD}, or ${UPGRADE}, whichever is older`;
  }

  return { STAMP, agrees };
});
