/** Figures about the playing, for those who ask: shown below the controls on demand. */
'use strict';

define(['./elements'], function (/** @type {import('./internal').ElementsModule} */ { element }) {
  /** How often the figures change, in ms. */
  const PERIOD = 500;

  class Readout {
    /** @param {() => Record<string, string>} figures that are not counted here */
    constructor(figures) {
      this.figures = figures;
      this.element = element('dl', { class: 'pybridge-readout', hidden: '' });
      /** @type {number[]} when the latest frames were shown */
      this.times = [];
      /** @type {ReturnType<typeof setInterval> | undefined} */
      this.timer = undefined;
    }

    /** A frame was drawn. */
    count() {
      this.times.push(performance.now());
      if (this.times.length > 240) this.times.splice(0, 120);
    }

    toggle() {
      this.element.hidden = !this.element.hidden;
      if (this.element.hidden) this.close();
      else {
        this.timer = setInterval(() => this.update(), PERIOD);
        this.update();
      }
      return !this.element.hidden;
    }

    update() {
      const since = performance.now() - 1000;
      const recent = this.times.filter((time) => time > since).length;
      const figures = { shown: `${recent} frames/s`, ...this.figures() };
      this.element.replaceChildren(
        ...Object.entries(figures).map(([name, value]) =>
          element(
            'div',
            {},
            element('dt', {}, name),
            element('dd', { 'data-figure': name }, value),
          ),
        ),
      );
    }

    close() {
      clearInterval(this.timer);
    }
  }

  return { Readout };
});
