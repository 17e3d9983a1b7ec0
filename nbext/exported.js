/** The entry of a notebook that was exported to a page of its own: no kernel, no notebook. */
'use strict';

define(['./mount', './player'], function (
  /** @type {import('./internal').MountModule} */ { mountAll },
  /** @type {import('./internal').PlayerModule} */ { Player },
) {
  /** A model's elements look as if they could be moved; that would change nothing. */
  class StillView {
    /** @param {HTMLElement} root */
    constructor(root) {
      root.dataset.status = 'gone';
      const stage = root.querySelector(':scope > .pybridge-view');
      if (stage instanceof HTMLElement) stage.inert = true;
    }

    async open() {}

    close() {}
  }

  // Without frames there is nothing to play: the picture stays, with its line of text.
  mountAll({
    '.pybridge-player[data-baked]': (root) => new Player(root, null),
    '.pybridge-model': (root) => new StillView(root),
  });
});
