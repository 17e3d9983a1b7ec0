/** What a call is rejected with that gets no answer, and when the kernel has lost all that it held. */
'use strict';

define(['./errors'], function (/** @type {import('./internal').ErrorsModule} */ { BridgeError }) {
  /** @type {Record<string, string>} */
  const LOSSES = {
    restarted: 'the kernel was restarted before it answered; run the cells that set it up again',
    dead: 'the kernel died before it answered; restart it and run the cells again',
    disconnected:
      'the connection to the kernel is lost; it comes back by itself, or by Kernel → Reconnect',
    'no-kernel': 'this notebook has no kernel: choose one in the Kernel menu',
    aborted:
      'a cell that ran before this call failed, and the kernel dropped what was queued behind it',
    'lost-reply':
      'the kernel is done with this call, but its answer never arrived: output may have been ' +
      'dropped on the way (see iopub_msg_rate_limit and iopub_data_rate_limit of the server)',
  };

  /** @param {import('./pybridge').BridgeErrorCode} code */
  const loss = (code) => new BridgeError(code, LOSSES[code] ?? code);

  /** @param {unknown} reason */
  const cancelled = (reason) =>
    new BridgeError('cancelled', 'the call was cancelled', { cause: reason });

  /** @param {number} timeout ms */
  const late = (timeout) => new BridgeError('timeout', `no answer within ${timeout} ms`);

  /** @param {unknown} error */
  const isLate = (error) => error instanceof BridgeError && error.code === 'timeout';

  /**
   * Whether nothing is left of what the kernel held: it is another process, or none.
   * @param {import('./internal').HostEvent} event
   */
  const isEnd = (event) =>
    event.type === 'started' || (event.type === 'lost' && event.code !== 'disconnected');

  return { loss, cancelled, late, isLate, isEnd };
});
