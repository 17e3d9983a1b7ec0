/**
 * Where the output of a call goes: to the caller's callbacks, else to the cell that owns the
 * caller, else to the console. Never lost.
 */
'use strict';

define(['./host'], function (/** @type {import('./internal').HostModule} */ host) {
  /** @typedef {import('./internal').OutputMessage} OutputMessage */

  /**
   * Call something of the page's author. What it throws is shown and changes nothing: the notebook
   * has to go on handling messages.
   * @template {unknown[]} Args
   * @param {((...args: Args) => unknown) | undefined} callback
   * @param {Args} args
   * @returns {boolean} whether there was anything to call
   */
  function tell(callback, ...args) {
    if (typeof callback !== 'function') return false;
    try {
      callback(...args);
    } catch (error) {
      console.error('pybridge: a callback failed', error);
    }
    return true;
  }

  /**
   * @param {OutputMessage} message
   * @param {import('./internal').OutputArea | null} area of the cell that owns the caller
   */
  function showElsewhere(message, area) {
    if (host.show(area, message)) return;
    const { content } = message;
    switch (message.header.msg_type) {
      case 'stream':
        (content.name === 'stderr' ? console.warn : console.log)(content.text);
        break;
      case 'error':
        console.error(content.traceback?.join('\n') ?? `${content.ename}: ${content.evalue}`);
        break;
      case 'clear_output':
        break;
      default:
        console.log(content.data?.['text/plain'] ?? content.data);
    }
  }

  return { tell, showElsewhere };
});
