/** Players for what the kernel's Animations show in cells, from their mounting to their end. */
'use strict';

define(['require', './player'], function (
  /** @type {{toUrl(path: string): string}} */ require,
  /** @type {import('./internal').PlayerModule} */ { Player },
) {
  /** How often the page looks for players whose cell is gone, in ms. */
  const SWEEP = 500;

  /** @type {Map<Element, import('./internal').Player>} */
  const players = new Map();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let sweeping;

  function style() {
    if (document.getElementById('pybridge-style')) return;
    const link = document.createElement('link');
    link.id = 'pybridge-style';
    link.rel = 'stylesheet';
    link.href = require.toUrl('./player.css');
    document.head.append(link);
  }

  /** Let go of players whose cell was run again or removed. */
  function sweep() {
    for (const [root, player] of players) {
      if (root.isConnected) continue;
      players.delete(root);
      player.close();
    }
    if (players.size > 0) return;
    clearInterval(sweeping);
    sweeping = undefined;
  }

  /** Make players of all that is on the page and is not one yet. */
  function mount() {
    for (const root of document.querySelectorAll('.pybridge-player:not([data-mounted])')) {
      if (!(root instanceof HTMLElement)) continue;
      style();
      root.dataset.mounted = '';
      const player = new Player(root);
      players.set(root, player);
      sweeping ??= setInterval(sweep, SWEEP);
      void player.open();
    }
  }

  return { mount };
});
