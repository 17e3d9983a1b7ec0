/** What the viewer of an animation sees: the picture, the controls, and what they say. */
'use strict';

define(['./controls', './elements', './theme'], function (
  /** @type {import('./internal').ControlsModule} */ { makeControls },
  /** @type {import('./internal').ElementsModule} */ { element, passFocus },
  /** @type {import('./internal').ThemeModule} */ { themeOf },
) {
  class Face {
    /** @param {HTMLElement} root what the kernel's Animation shows: a picture and a line of text */
    constructor(root) {
      this.root = root;
      this.poster = /** @type {HTMLImageElement} */ (root.querySelector('img'));
      this.width = Number(root.dataset.width);
      this.parts = makeControls(this.poster.alt);
      this.playable = true;
      this.standing = '';
      /** @type {HTMLElement} */
      this.menu = element('span');
    }

    /**
     * Put controls where the text is; the poster stays until a frame is drawn.
     * @param {HTMLElement} menu goes among the buttons
     * @param {HTMLElement[]} more go below
     */
    dress(menu, more) {
      const { root, poster } = this;
      const { picture, slider, bar, full, panel, note, trace } = this.parts;
      this.menu = menu;
      picture.append(poster);
      root.style.setProperty('--pybridge-width', `${this.width}px`);
      root.style.setProperty('--pybridge-ratio', String(this.width / Number(root.dataset.height)));
      root.tabIndex = 0;
      root.setAttribute('role', 'group');
      root.setAttribute('aria-label', poster.alt);
      root.dataset.theme = themeOf(root);
      full.before(menu);
      root.replaceChildren(picture, slider, bar, panel, ...more, note, trace);
    }

    /**
     * Say what can be done by greying the rest.
     * @param {boolean} playable
     * @param {boolean} [live] whether the kernel draws what is asked for
     */
    enable(playable, live = playable) {
      const { slider, bar, panel } = this.parts;
      for (const part of [slider, bar]) this.grey(part, !playable);
      for (const part of [panel, this.menu]) this.grey(part, !live);
      this.playable = playable;
      this.root.dataset.source = live ? 'kernel' : playable ? 'kept' : 'none';
    }

    /** @param {HTMLElement} part @param {boolean} inert */
    grey(part, inert) {
      if (inert) passFocus(part, this.root);
      part.inert = inert;
    }

    /** @param {HTMLElement} part @param {boolean} hidden */
    hide(part, hidden) {
      if (hidden) passFocus(part, this.root);
      part.hidden = hidden;
    }

    /** A frame is on the canvas. */
    undrape() {
      this.poster.remove();
    }

    /**
     * Say something in words.
     * @param {string} text
     * @param {{wrong?: boolean, again?: boolean}} [how] whether something is wrong, and whether
     *   starting over would help
     */
    say(text, { wrong = false, again = false } = {}) {
      const { note, text: place, again: button } = this.parts;
      place.textContent = text;
      note.classList.toggle('pybridge-wrong', wrong);
      this.hide(button, !again);
      note.hidden = false;
    }

    /** Show what a frame raised. @param {string} traceback */
    showTrace(traceback) {
      this.parts.trace.textContent = traceback;
      this.parts.trace.hidden = false;
    }

    /** Say that the kernel is busy with something else; 0 takes it back. @param {number} waited ms */
    wait(waited) {
      const { busy } = this.parts;
      const seconds = Math.round(waited / 1000);
      busy.hidden = seconds === 0;
      busy.value = seconds ? `Kernel busy: waiting for ${seconds} s` : '';
    }

    /** Say something whenever nothing else is to be said. @param {string} text */
    remind(text) {
      this.standing = text;
      this.clear();
    }

    clear() {
      this.hide(this.parts.trace, true);
      this.hide(this.parts.note, this.standing === '');
      if (this.standing) this.say(this.standing);
    }

    /**
     * Make the controls say what is so.
     * @param {import('./internal').Playback} playback
     * @param {number} reached how many frames there are at least
     */
    update(playback, reached) {
      const { slider, place, mode, speed, rate } = this.parts;
      const { index, length } = playback;
      const last = (length ?? Math.max(reached, index + 1)) - 1;
      slider.max = String(last);
      slider.value = String(index);
      slider.setAttribute('aria-valuetext', `frame ${index} of ${length ?? 'unknown'}`);
      // Figure spaces keep the text from jumping about.
      const shown = String(index).padStart(String(last).length, '\u2007');
      const seconds = (index / playback.rate).toFixed(1);
      place.value = `${shown} / ${last}${length === null ? '…' : ''} · ${seconds} s`;
      place.setAttribute('aria-live', playback.playing ? 'off' : 'polite');
      mode.value = playback.mode;
      speed.value = String(playback.speed);
      if (document.activeElement !== rate) rate.value = String(Number(playback.rate.toFixed(2)));
      this.root.dataset.playing = String(playback.playing ? playback.direction : 0);
    }
  }

  return { Face };
});
