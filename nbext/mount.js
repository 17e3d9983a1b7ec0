/** What the kernel's Animations and Models show in cells, from its mounting to its end. */
'use strict';

define(['require', './player', './views', './plot'], function (
  /** @type {{toUrl(path: string): string}} */ require,
  /** @type {import('./internal').PlayerModule} */ { Player },
  /** @type {import('./internal').ViewsModule} */ { View },
  /** @type {import('./internal').PlotModule} */ { Plot },
) {
  /** How often the page looks for those whose cell is gone, in ms. */
  const SWEEP = 500;

  /** @type {Record<string, new (root: HTMLElement) => import('./internal').Mounted>} */
  const KINDS = { 'pybridge-player': Player, 'pybridge-model': View, 'pybridge-plot': Plot };

  /** @type {Map<Element, import('./internal').Mounted>} */
  const mounted = new Map();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let sweeping;

  function style() {
    if (document.querySelector('link[data-pybridge]')) return;
    for (const name of ['./controls.css', './player.css', './plot.css', './views.css']) {
      const link = document.createElement('link');
      link.dataset.pybridge = '';
      link.rel = 'stylesheet';
      link.href = require.toUrl(name);
      document.head.append(link);
    }
  }

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

  /** Make players and views of all that is on the page and is not one yet. */
  function mount() {
    for (const [name, Kind] of Object.entries(KINDS)) {
      for (const root of document.querySelectorAll(`.${name}:not([data-mounted])`)) {
        if (!(root instanceof HTMLElement)) continue;
        style();
        root.dataset.mounted = '';
        try {
          const shown = new Kind(root);
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

  return { mount };
});
