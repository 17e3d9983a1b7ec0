/** The styles of what cells show, loaded when there is something. */
'use strict';

define(['require'], function (/** @type {{toUrl(path: string): string}} */ require) {
  const STYLES = ['./controls.css', './player.css', './plot.css', './views.css'];

  function style() {
    if (document.querySelector('link[data-pybridge]')) return;
    for (const name of STYLES) {
      const link = document.createElement('link');
      link.dataset.pybridge = '';
      link.rel = 'stylesheet';
      link.href = require.toUrl(name);
      document.head.append(link);
    }
  }

  return { style };
});
