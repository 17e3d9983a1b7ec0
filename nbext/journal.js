/**
 * What becomes of calls: counted always, and told in the console if somebody has asked for that.
 * Twin of pybridge/journal.py. `debug` shows what is counted here.
 */
'use strict';

define(['./errors', './histogram'], function (
  /** @type {import('./internal').ErrorsModule} */ { BridgeError, PythonError },
  /** @type {import('./internal').HistogramModule} */ { Histogram },
) {
  /** @typedef {import('./internal').JournalCall} JournalCall */

  const latency = new Histogram();
  /** By what calls were rejected with. @type {Map<string, number>} */
  const errors = new Map();
  let settled = 0;
  let dropped = 0;
  let retried = 0;
  let log = false;

  /** Tell the console something, if it was asked for. @param {unknown[]} words */
  function note(...words) {
    if (log) console.log('pybridge:', ...words);
  }

  /** @param {JournalCall} call */
  const nameOf = ({ number, what, lane }) => `#${number} ${what} (${lane.name} lane)`;

  /** @param {unknown} error */
  function codeOf(error) {
    if (error instanceof PythonError) return 'python';
    return error instanceof BridgeError ? error.code : 'other';
  }

  return {
    note,

    /** @param {JournalCall} call */
    sent(call) {
      const isAgain = call.attempts > 1;
      if (isAgain) retried += 1;
      if (log) note(`${nameOf(call)} sent${isAgain ? ' again' : ''}`);
    },

    /** It was taken back before the kernel had begun it. @param {JournalCall} call */
    dropped(call) {
      dropped += 1;
      if (log) note(`${nameOf(call)} dropped`);
    },

    /** @param {JournalCall} call @param {unknown} error null for a call that was fulfilled */
    settled(call, error) {
      const took = performance.now() - call.asked;
      settled += 1;
      if (call.attempts > 0) latency.add(took);
      const code = error === null ? '' : codeOf(error);
      if (code) errors.set(code, (errors.get(code) ?? 0) + 1);
      if (log) note(`${nameOf(call)} ${code || 'fulfilled'} after ${took.toFixed(1)} ms`);
    },

    /** Something that failed is asked for in another way. @param {string} what @param {string} why */
    again(what, why) {
      retried += 1;
      note(`${what} asked again: ${why}`);
    },

    get counts() {
      const { summary } = latency;
      return { settled, latency: summary, dropped, retried, errors: Object.fromEntries(errors) };
    },

    get log() {
      return log;
    },
    set log(on) {
      log = on;
    },
  };
});
