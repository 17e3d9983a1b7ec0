/**
 * What a page says last, so that Python frees what it held. The browser may close the connection with
 * it unread: then the next page of the same tab, as after a reload, says it.
 */
'use strict';

define(['./host', './references'], function (
  /** @type {import('./internal').HostModule} */ host,
  /** @type {import('./internal').ReferencesModule} */ { say },
) {
  /** Where a tab keeps the session of the page that it has left. */
  const LEFT = 'pybridge-left';

  /** @param {(storage: Storage) => void} use */
  function withStorage(use) {
    try {
      use(sessionStorage);
    } catch {
      // Some browsers' settings forbid it. The page's lease ends in any case.
    }
  }

  function leave() {
    say('bye');
    withStorage((storage) => storage.setItem(LEFT, host.session()));
  }

  function finish() {
    withStorage((storage) => {
      const left = storage.getItem(LEFT);
      if (left && say('bye', { of: left }) !== null) storage.removeItem(LEFT);
    });
  }

  host.listen(({ type }) => {
    if (type === 'leaving') leave();
    else if (type === 'connected') finish();
  });
  finish();
});
