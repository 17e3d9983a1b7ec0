/** What the kernel's Animations, Models and Plots show in the cells of a notebook. */
'use strict';

define([
  './host',
  './mount',
  './origin',
  './player',
  './views',
  './plot',
  './styles',
  './progress',
], function (
  /** @type {import('./internal').HostModule} */ host,
  /** @type {import('./internal').MountModule} */ { mountAll },
  /** @type {import('./internal').OriginModule} */ { Origin },
  /** @type {import('./internal').PlayerModule} */ { Player },
  /** @type {import('./internal').ViewsModule} */ { View },
  /** @type {import('./internal').PlotModule} */ { Plot },
  /** @type {import('./internal').StylesModule} */ { style },
) {
  /** @type {Record<string, (root: HTMLElement) => import('./internal').Mounted>} */
  const KINDS = {
    '.pybridge-player': (root) => new Player(root, new Origin(root)),
    '.pybridge-model': (root) => new View(root),
    '.pybridge-plot': (root) => new Plot(root),
  };

  function mount() {
    style();
    mountAll(KINDS, host.isTrusted);
  }

  return { mount };
});
