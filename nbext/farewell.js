/**
 * What a page says last, so that Python frees what it held. The browser may close the connection with
 * it unread: then the next page of the same tab, as after a reload, says it. Where a tab keeps nothing,
 * the page's lease ends all the same.
 */
'use strict';

define(['./host', './references', './tab'], function (
  /** @type {import('./internal').HostModule} */ host,
  /** @type {import('./internal').ReferencesModule} */ { say },
  /** @type {import('./internal').TabModule} */ { keep, recall },
) {
  /** Under which the session of the page is kept that was left. */
  const KEY = 'pybridge.left';

  function leave() {
    say('bye');
    keep(KEY, host.session());
  }

  function finish() {
    const left = recall(KEY);
    if (left && say('bye', { of: left }) !== null) keep(KEY, null);
  }

  host.listen(({ type }) => {
    if (type === 'leaving') leave();
    else if (type === 'connected') finish();
  });
  finish();
});
