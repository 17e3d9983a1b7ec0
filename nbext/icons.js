/** The icons of the controls, drawn inline on a grid of 24: nothing is loaded from anywhere. */
'use strict';

define([], function () {
  const SVG = 'http://www.w3.org/2000/svg';

  /** Outlines, to be filled with the colour of the text. @type {Record<string, string>} */
  const PATHS = {
    first: 'M5 5h2.5v14H5z M19 5v14l-10-7z',
    previous: 'M17 5v14L7 12z M17 5',
    reverse: 'M20 5v14l-8-7z M12 5v14l-8-7z',
    pause: 'M6.5 5h4v14h-4z M13.5 5h4v14h-4z',
    play: 'M7 4.5v15l12-7.5z',
    next: 'M7 5v14l10-7z',
    last: 'M16.5 5H19v14h-2.5z M5 5v14l10-7z',
    save: 'M11 3h2v9h3.5L12 17l-4.5-5H11z M4 18h16v2.5H4z',
    info: 'M11 4h2.5v3H11z M9.5 10H13.5v8H15v2H9.5v-2H11v-6H9.5z',
    closer: 'M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z',
    farther: 'M5 11h14v2H5z',
    home: 'M12 4l9 8h-3v8h-5v-6h-2v6H6v-8H3z',
    full: 'M4 4h6v2H6v4H4z M14 4h6v6h-2V6h-4z M4 14h2v4h4v2H4z M18 14h2v6h-6v-2h4z',
  };

  /** @param {string} name */
  function icon(name) {
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('aria-hidden', 'true');
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', PATHS[name] ?? '');
    svg.append(path);
    return svg;
  }

  return { icon };
});
