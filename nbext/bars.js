/** Bars that tell how far something is; pybridge/bars.py says what they are told. */
'use strict';

define(['./elements', './styles', './theme'], function (
  /** @type {import('./internal').ElementsModule} */ { element },
  /** @type {import('./internal').StylesModule} */ { style },
  /** @type {import('./internal').ThemeModule} */ { themeOf },
) {
  /** @typedef {import('./pybridge').Progress} Progress */

  /** How long the row of what is done waits for another to take its place, in ms. */
  const LINGER = 1000;
  /** How often times are brought up to date, in ms. */
  const SECOND = 1000;
  /** What no bar of the kernel's is called. */
  const WAITING = -1;
  const BUSY = 'Waiting for the kernel, which is busy';
  /** Other elements hold text, or draw something: a bar comes after them. */
  const HOLDS = 'article, aside, body, dd, div, fieldset, figure, form, li, main, section, td, th';

  /** @param {number} seconds @param {number} [step] a time as exact as one cares about */
  function timeInWords(seconds, step = 1) {
    const rounded = Math.max(1, Math.round(seconds / step) * step);
    if (rounded < 60) return `${rounded} s`;
    const minutes = Math.round(seconds / 60);
    if (minutes < 60) return `${Math.max(1, minutes)} min`;
    const rest = minutes % 60;
    return `${Math.floor(minutes / 60)} h${rest ? ` ${rest} min` : ''}`;
  }

  /**
   * How far something is, in words.
   * @param {Progress} progress
   * @param {number} [since] seconds that have passed since it was told
   */
  function inWords({ fraction, left, count, elapsed, done }, since = 0) {
    if (fraction === null) {
      const time = timeInWords(elapsed + since);
      return count === null ? time : `${count.toLocaleString('en')} in ${time}`;
    }
    const percent = `${Math.floor(fraction * 100 + 1e-9)}%`;
    if (left === null || done) return percent;
    const rest = Math.max(0, left - since);
    // What is far away is not known to the second.
    return `${percent}, ${timeInWords(rest, rest < 10 ? 1 : 5)} left`;
  }

  class Row {
    constructor() {
      this.name = element('span', { class: 'pybridge-bar-name' });
      this.bar = element('progress', { max: '1' });
      this.words = element('span', { class: 'pybridge-bar-words' });
      this.element = element('div', { class: 'pybridge-bar-row' }, this.name, this.bar, this.words);
      /** @type {ReturnType<typeof setTimeout> | undefined} runs once it is done */
      this.lingering = undefined;
      /** @type {Progress | undefined} */
      this.progress = undefined;
      this.told = 0;
    }

    /** @param {Progress} progress */
    show(progress) {
      const { text, fraction } = progress;
      this.progress = progress;
      this.told = performance.now();
      this.name.textContent = text;
      this.name.title = text;
      this.bar.setAttribute('aria-label', text || 'Progress');
      if (fraction === null) this.bar.removeAttribute('value');
      else this.bar.value = fraction;
      this.tick();
    }

    /** Bring the time up to date. */
    tick() {
      if (!this.progress || this.lingering !== undefined) return;
      const words = inWords(this.progress, (performance.now() - this.told) / 1000);
      if (this.words.textContent !== words) this.words.textContent = words;
    }
  }

  /** The rows and what stops all of it. */
  class Panel {
    /** @param {() => void} cancel */
    constructor(cancel) {
      this.list = element('div', { class: 'pybridge-bar-rows' });
      const stop = element('button', { type: 'button' }, 'Cancel');
      this.element = element(
        'div',
        { class: 'pybridge-bars', role: 'group', 'aria-label': 'Progress' },
        this.list,
        stop,
      );
      stop.addEventListener('click', () => {
        stop.disabled = true;
        stop.textContent = 'Cancelling…';
        cancel();
      });
      // The notebook would take them for commands of its own.
      stop.addEventListener('keydown', (event) => {
        if (event.key === 'Enter' || event.key === ' ') event.stopPropagation();
      });
    }
  }

  /** Nothing is made before there is something to show: most calls are over by then. */
  class Bars {
    /**
     * @param {(bars: HTMLElement) => boolean} put shows them on the page, if there is a place
     * @param {() => void} cancel stops what they tell of
     */
    constructor(put, cancel) {
      this.put = put;
      this.cancel = cancel;
      /** By what the kernel calls them. @type {Map<number, Row>} */
      this.rows = new Map();
      /** @type {Panel | null} */
      this.panel = null;
      /** @type {ReturnType<typeof setInterval> | undefined} */
      this.ticking = undefined;
    }

    /** @param {Progress} progress */
    show(progress) {
      const { number, done } = progress;
      if (done && !this.rows.has(number)) return;
      this.panel ??= new Panel(this.cancel);
      const row = this.rows.get(number) ?? this.newRow(number, this.panel);
      row.show(progress);
      if (done) row.lingering = setTimeout(() => this.drop(number), LINGER);
      const { element } = this.panel;
      if (element.isConnected || !this.put(element)) return;
      style();
      element.dataset.theme = themeOf(element);
      this.ticking ??= setInterval(() => this.tick(), SECOND);
    }

    /** Say that the kernel is busy with something else; 0 takes it back. @param {number} waited ms */
    wait(waited) {
      const unknown = { fraction: null, left: null, count: null, done: false };
      if (waited === 0) this.drop(WAITING);
      else this.show({ ...unknown, number: WAITING, text: BUSY, elapsed: waited / 1000 });
    }

    /** A row of its own, or one that is done: inner loops come and go. @param {number} number @param {Panel} panel */
    newRow(number, panel) {
      for (const [old, row] of this.rows) {
        if (row.lingering === undefined) continue;
        clearTimeout(row.lingering);
        row.lingering = undefined;
        this.rows.delete(old);
        this.rows.set(number, row);
        return row;
      }
      const row = new Row();
      this.rows.set(number, row);
      panel.list.append(row.element);
      return row;
    }

    tick() {
      for (const row of this.rows.values()) row.tick();
    }

    /** @param {number} number */
    drop(number) {
      this.rows.get(number)?.element.remove();
      this.rows.delete(number);
      // Others may follow, and what was cancelled stays so.
      if (this.rows.size === 0) this.hide();
    }

    hide() {
      clearInterval(this.ticking);
      this.ticking = undefined;
      this.panel?.element.remove();
    }

    /** What they told of is over. */
    clear() {
      for (const row of this.rows.values()) clearTimeout(row.lingering);
      this.rows.clear();
      this.hide();
      this.panel = null;
    }
  }

  /** Put bars into an element, or after one that holds none. @param {Element} target @param {HTMLElement} bars */
  function putInto(target, bars) {
    if (!target.isConnected) return false;
    if (target.matches(HOLDS)) target.append(bars);
    else target.after(bars);
    return true;
  }

  return { Bars, inWords, putInto };
});
