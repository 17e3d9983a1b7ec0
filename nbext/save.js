/** The menu that saves a frame, or the animation, to a file of the viewer's. */
'use strict';

define(['./elements', './icons'], function (
  /** @type {import('./internal').ElementsModule} */ { element, passFocus },
  /** @type {import('./internal').IconsModule} */ { icon },
) {
  /** Not into a file: the notebook plays it then without a kernel, too. */
  const KEEP = 'keep';
  /** @type {readonly [string, string][]} */
  const FORMATS = [
    ['png', 'This frame as PNG'],
    ['svg', 'This frame as SVG'],
    ['pdf', 'This frame as PDF'],
    ['gif', 'Animation as GIF'],
    ['webp', 'Animation as WebP'],
    ['mp4', 'Animation as MP4'],
    [KEEP, 'Animation in the notebook'],
  ];

  class SaveMenu {
    /**
     * @param {HTMLElement} root of the player
     * @param {(format: string, signal: AbortSignal) => Promise<import('./internal').ExportedFile>} fetch
     * @param {(signal: AbortSignal) => Promise<unknown>} keep has the notebook keep the animation
     */
    constructor(root, fetch, keep) {
      this.root = root;
      this.fetch = fetch;
      this.keep = keep;
      this.abort = new AbortController();
      const items = FORMATS.map(([format, text]) =>
        element('button', { type: 'button', 'data-format': format }, text),
      );
      this.menu = element(
        'div',
        { class: 'pybridge-menu', role: 'group', 'aria-label': 'Save as', popover: 'manual' },
        ...items,
      );
      const title = 'Save';
      this.title = element('summary', { 'aria-label': title, title }, icon('save'));
      this.element = element('details', { class: 'pybridge-save' }, this.title, this.menu);
      this.bar = element('progress', { max: '1', 'aria-label': 'Saving' });
      this.stop = element('button', { type: 'button', 'data-action': 'cancel-save' }, 'Cancel');
      this.progress = element(
        'div',
        { class: 'pybridge-progress', hidden: '' },
        this.bar,
        this.stop,
      );
      this.menu.addEventListener('click', (event) => {
        const format = /** @type {HTMLElement} */ (event.target).dataset.format;
        if (format) void this.save(format);
      });
      this.stop.addEventListener('click', () => this.abort.abort());
      const leave = (/** @type {Event} */ event) => {
        if (!this.element.contains(/** @type {Node} */ (event.target))) this.fold();
      };
      this.element.addEventListener('toggle', () => {
        for (const type of ['pointerdown', 'scroll']) {
          if (this.element.open) document.addEventListener(type, leave, true);
          else document.removeEventListener(type, leave, true);
        }
        if (!this.element.open) this.menu.hidePopover();
        else if (this.menu.isConnected) {
          // The notebook puts each output above those before it.
          this.menu.showPopover();
          this.place();
        }
      });
      this.element.addEventListener('keydown', (event) => {
        if (event.key === 'Escape' && this.element.open) this.fold();
      });
    }

    fold() {
      passFocus(this.menu, this.title);
      this.element.open = false;
    }

    /** Put the menu below its button, or above it where there is more room. */
    place() {
      const { right, top, bottom } = this.title.getBoundingClientRect();
      const { offsetWidth, offsetHeight, style } = this.menu;
      const above = bottom + offsetHeight + 4 > innerHeight && top > innerHeight - bottom;
      style.left = `${Math.max(4, right - offsetWidth)}px`;
      style.top = `${above ? top - offsetHeight - 4 : bottom + 4}px`;
    }

    /** @param {number} fraction of the work done */
    advance(fraction) {
      this.bar.value = fraction;
    }

    /** @param {string} format */
    async save(format) {
      this.fold();
      this.abort.abort();
      const abort = new AbortController();
      this.abort = abort;
      this.bar.removeAttribute('value');
      this.progress.hidden = false;
      try {
        if (format === KEEP) await this.keep(abort.signal);
        else download(await this.fetch(format, abort.signal));
      } catch {
        // Cancelled by the viewer, or the player says what is wrong.
      } finally {
        if (this.abort === abort) {
          passFocus(this.progress, this.root);
          this.progress.hidden = true;
        }
      }
    }

    close() {
      this.abort.abort();
      this.element.open = false;
    }
  }

  /** @param {import('./internal').ExportedFile} file */
  function download({ name, mime, data }) {
    const url = URL.createObjectURL(new Blob([data], { type: mime }));
    element('a', { href: url, download: name }).click();
    // The download has taken the data by the next task but one at the latest.
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }

  return { SaveMenu };
});
