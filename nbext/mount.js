/** What cells show, from its mounting to its end. */
'use strict';

define([], function () {
  /** How often the page looks for those whose cell is gone, in ms. */
  const SWEEP = 500;

  /** @type {Map<Element, import('./internal').Mounted>} */
  const mounted = new Map();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let sweeping;

  /** Let go of those whose cell was run again or removed. */
  function sweep() {
    for (const [root, shown] of mounted) {
      if (root.isConnected) continue;
      mounted.delete(root);
      shown.close();
    }
    if (mounted.size > 0) return;
    clearInterval(sweeping);
    sweeping = undefined;
  }

  /**
   * Bring to life all that is on the page and is not alive yet.
   * @param {Record<string, (root: HTMLElement) => import('./internal').Mounted>} kinds what to make
   *   of an element, by a selector for it
   * @param {(root: HTMLElement) => boolean} [isTrusted] whether it may do anything
   */
  function mountAll(kinds, isTrusted = () => true) {
    for (const [selector, make] of Object.entries(kinds)) {
      for (const root of document.querySelectorAll(`${selector}:not([data-mounted])`)) {
        if (!(root instanceof HTMLElement && isTrusted(root))) continue;
        root.dataset.mounted = '';
        try {
          const shown = make(root);
          mounted.set(root, shown);
          sweeping ??= setInterval(sweep, SWEEP);
          void shown.open();
        } catch (error) {
          // An output that is not what it says must not keep the others from being shown.
          console.error('pybridge: an output cannot be shown', error);
        }
      }
    }
  }

  return {
    mountAll,
    /** How many there are. */
    get count() {
      return mounted.size;
    },
  };
});
