/** Bars under the cells that tell how far they are; see pybridge/progress.py. */
'use strict';

define(['./dispatch', './elements', './host', './styles'], function (
  /** @type {import('./internal').DispatchModule} */ { subscribe },
  /** @type {import('./internal').ElementsModule} */ { element },
  /** @type {import('./internal').HostModule} */ host,
  /** @type {import('./internal').StylesModule} */ { style },
) {
  /** By what the kernel calls them. @type {Map<number, HTMLElement>} */
  const shown = new Map();

  function clear() {
    for (const row of shown.values()) row.remove();
    shown.clear();
  }

  /** @param {{number: number, text: string, fraction: number | null}} progress @param {string} asked the message that the cell was sent with */
  function show({ number, text, fraction }, asked) {
    if (fraction === null) {
      shown.get(number)?.remove();
      shown.delete(number);
      return;
    }
    let row = shown.get(number);
    if (!row) {
      const bar = element('progress', { max: '1', 'aria-label': text });
      row = element('div', { class: 'pybridge-cell-progress' }, bar, text);
      if (!host.showBelow(asked, row)) return;
      style();
      shown.set(number, row);
    }
    /** @type {HTMLProgressElement} */ (row.firstChild).value = fraction;
  }

  subscribe('progress', show);
  // A kernel that ends takes back nothing.
  host.listen(({ type }) => {
    if (type === 'lost' || type === 'started') clear();
  });

  return {};
});
