/** One animation-frame loop for all players of a page; it rests when nobody needs it. */
'use strict';

define([], function () {
  /** @type {Set<(now: number) => void>} */
  const ticks = new Set();
  let running = false;

  /** @param {number} now ms, as performance.now() */
  function run(now) {
    for (const tick of [...ticks]) tick(now);
    running = ticks.size > 0;
    if (running) requestAnimationFrame(run);
  }

  /** @param {(now: number) => void} tick called before each repaint, until `stop` */
  function start(tick) {
    ticks.add(tick);
    if (running) return;
    running = true;
    requestAnimationFrame(run);
  }

  return { start, stop: (/** @type {(now: number) => void} */ tick) => void ticks.delete(tick) };
});
