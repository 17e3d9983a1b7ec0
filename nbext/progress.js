/** Bars under the cells that tell how far they are; see pybridge/reporting.py. */
'use strict';

define(['./bars', './dispatch', './host'], function (
  /** @type {import('./internal').BarsModule} */ { Bars },
  /** @type {import('./internal').DispatchModule} */ { subscribe },
  /** @type {import('./internal').HostModule} */ host,
) {
  /** By the message that a cell was sent with. @type {Map<string, InstanceType<typeof Bars>>} */
  const runs = new Map();

  /** @param {string} asked */
  function clear(asked) {
    runs.get(asked)?.clear();
    runs.delete(asked);
  }

  /** @param {import('./pybridge').Progress} progress @param {string} asked */
  function show(progress, asked) {
    if (!runs.has(asked)) {
      const area = host.areaOf(asked);
      if (area === null) return;
      // They go with the end of the run at the latest: until then it is what an interrupt meets.
      const bars = new Bars(
        (element) => host.showBelow(area, element),
        () => host.interrupt(),
      );
      runs.set(asked, bars);
      host.whenOver(asked, () => clear(asked));
    }
    runs.get(asked)?.show(progress);
  }

  subscribe('progress', show);
  // A kernel that ends takes back nothing.
  host.listen(({ type }) => {
    if (type === 'lost' || type === 'started') for (const asked of [...runs.keys()]) clear(asked);
  });

  return {};
});
