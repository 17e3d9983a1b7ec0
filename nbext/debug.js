/** `pybridge.debug`: what the bridge of this page is at; twin of pybridge/debugging.py. */
'use strict';

define([
  './call',
  './comm',
  './host',
  './journal',
  './lanes',
  './models',
  './mount',
  './references',
  './tab',
  './version',
], function (
  /** @type {import('./internal').CallModule} */ calls,
  /** @type {import('./internal').CommModule} */ comms,
  /** @type {import('./internal').HostModule} */ host,
  /** @type {import('./internal').JournalModule} */ journal,
  /** @type {import('./internal').LanesModule} */ lanes,
  /** @type {import('./internal').ModelsModule} */ models,
  /** @type {import('./internal').MountModule} */ mount,
  /** @type {import('./internal').ReferencesModule} */ references,
  /** @type {import('./internal').TabModule} */ { keep, recall },
  /** @type {import('./internal').VersionModule} */ { VERSION },
) {
  /** Where this window keeps, across reloads, that the console is to be told. */
  const KEY = 'pybridge.debug.log';
  /** How wide the longest bar of the histogram is, in characters. */
  const WIDTH = 30;

  journal.log = recall(KEY) !== null;
  host.listen((event) =>
    journal.note('the kernel:', event.type, event.type === 'lost' ? event.code : ''),
  );

  /** @typedef {import('./pybridge').DebugSnapshot} DebugSnapshot */

  /** @implements {DebugSnapshot} */
  class Snapshot {
    constructor() {
      const { queued, underWay } = calls.load;
      const { held, given } = references.load;
      const { settled, latency, dropped, retried, errors } = journal.counts;
      this.version = VERSION;
      this.kernel = host.state;
      this.subshell = lanes.subshell;
      this.inFlight = underWay;
      this.queued = queued;
      this.calls = calls.list();
      this.settled = settled;
      this.latency = latency;
      this.dropped = dropped;
      this.retried = retried;
      this.errors = errors;
      this.pyProxies = held;
      this.jsProxies = given;
      this.models = models.count;
      this.comms = comms.count;
      this.mounted = mount.count;
    }

    get log() {
      return journal.log;
    }
    set log(on) {
      journal.log = Boolean(on);
      remember(journal.log);
    }

    toString() {
      const { calls, latency, errors } = this;
      const codes = Object.entries(errors).map(([code, count]) => `${code} ${count}`);
      const rows = [
        ['kernel', this.kernel],
        ['subshell', this.subshell ?? 'none'],
        ['in flight', this.inFlight],
        ['queued', this.queued],
        ...calls.map((call) => ['', inWords(call)]),
        ['settled', this.settled],
        ['dropped', this.dropped],
        ['retried', this.retried],
        ['errors', codes.join(', ') || 'none'],
        ['objects of Python held', this.pyProxies],
        ['objects held by Python', this.jsProxies],
        ['models', this.models],
        ['comms', this.comms],
        ['mounted', this.mounted],
        ['latency', spread(latency)],
        ...bars(latency),
      ];
      const lines = rows.map(([name, value]) => `${name}`.padEnd(WIDTH - 6) + value);
      return [`pybridge ${this.version}`, ...lines].join('\n');
    }
  }

  /** @param {number | null} took */
  const ms = (took) => (took === null ? '-' : `${Number(took.toPrecision(3))} ms`);

  /** @param {import('./pybridge').CallState} call */
  const inWords = ({ number, what, lane, state, age }) =>
    `#${number} ${what} (${lane} lane), ${state}, ${ms(age)}`;

  /** @param {import('./pybridge').Latency} latency */
  const spread = ({ count, median, p95, longest }) =>
    `${count} calls, median ${ms(median)}, 95 % within ${ms(p95)}, longest ${ms(longest)}`;

  /** @param {import('./pybridge').Latency} latency */
  function bars({ histogram }) {
    const most = Math.max(...histogram.map(([, count]) => count));
    return histogram
      .filter(([, count]) => count > 0)
      .map(([bound, count]) => [
        bound === null ? '  longer' : `  up to ${ms(bound)}`,
        `${'#'.repeat(Math.ceil((WIDTH * count) / most))} ${count}`,
      ]);
  }

  /** @param {boolean} log */
  function remember(log) {
    if (!keep(KEY, log ? '' : null)) {
      journal.note('this browser keeps nothing: a reload ends the log');
    }
  }

  return { snapshot: () => new Snapshot() };
});
