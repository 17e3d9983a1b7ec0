/** The animation player: mounted on what the kernel's Animation shows in a cell. */
'use strict';

define([
  'require',
  './bridge',
  './frames',
  './playback',
  './screen',
  './controls',
  './loop',
], function (
  /** @type {{toUrl(path: string): string}} */ require,
  /** @type {import('./internal').BridgeModule} */ { connect },
  /** @type {import('./internal').FramesModule} */ { Frames, advice },
  /** @type {import('./internal').PlaybackModule} */ { Playback, MODES },
  /** @type {import('./internal').ScreenModule} */ { Screen, DECODED },
  /** @type {import('./internal').ControlsModule} */ { makeControls, SPEEDS },
  /** @type {import('./internal').LoopModule} */ loop,
) {
  /** Frames asked for ahead of the one shown, in the direction of play. */
  const AHEAD = 32;
  /** How often the page looks for players whose cell is gone, in ms. */
  const SWEEP = 500;
  /** Steps of the drawing scale: a frame is not drawn anew for every pixel of a resize. */
  const SCALE_STEP = 0.125;

  /** @type {Map<Element, Player>} */
  const players = new Map();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let sweeping;

  class Player {
    /** @param {HTMLElement} root */
    constructor(root) {
      this.root = root;
      const poster = /** @type {HTMLImageElement} */ (root.querySelector('img'));
      this.parts = makeControls(poster.alt);
      this.width = Number(root.dataset.width);
      this.view = Array.from(crypto.getRandomValues(new Uint32Array(2)), (n) =>
        n.toString(36),
      ).join('');
      this.playback = new Playback();
      this.screen = new Screen(this.parts.canvas);
      /** @type {InstanceType<typeof Frames> | null} */
      this.frames = null;
      /** @type {number | null} */
      this.drawn = null;
      this.shown = 0;
      this.visible = true;
      this.reached = 1;
      this.tick = this.tick.bind(this);
      this.dress(poster);
      this.watch();
    }

    /** Put the controls in place of the poster's text; the poster stays until a frame is drawn. @param {HTMLImageElement} poster */
    dress(poster) {
      const { picture, slider, bar, note, trace } = this.parts;
      picture.append(poster);
      const { style } = this.root;
      style.setProperty('--pybridge-width', `${this.width}px`);
      style.setProperty('--pybridge-ratio', String(this.width / Number(this.root.dataset.height)));
      this.root.tabIndex = 0;
      this.root.setAttribute('role', 'group');
      this.root.setAttribute('aria-label', poster.alt);
      this.root.dataset.theme = isDark(this.root) ? 'dark' : 'light';
      this.root.replaceChildren(picture, slider, bar, note, trace);
      this.update();
    }

    watch() {
      const { bar, slider, mode, speed, rate } = this.parts;
      const on =
        /** @type {(target: EventTarget, type: string, listener: (event: any) => void) => void} */ (
          (target, type, listener) => target.addEventListener(type, listener)
        );
      on(bar, 'click', (event) => {
        const action = event.target.closest('[data-action]')?.dataset.action;
        if (action) this.act(action);
      });
      on(slider, 'input', () => this.seek(Number(slider.value)));
      on(mode, 'change', () => {
        this.playback.mode = /** @type {import('./internal').PlayMode} */ (mode.value);
      });
      on(speed, 'change', () => {
        this.playback.speed = Number(speed.value);
      });
      on(rate, 'change', () => {
        const wanted = Number(rate.value);
        if (wanted > 0 && wanted <= 1000) this.playback.rate = wanted;
        this.update();
      });
      on(this.root, 'keydown', (event) => this.key(event));
      this.sizes = new ResizeObserver(() => this.fit());
      this.sizes.observe(this.parts.picture);
      this.sight = new IntersectionObserver(([entry]) => {
        this.visible = entry?.isIntersecting ?? true;
        this.ask();
      });
      this.sight.observe(this.root);
    }

    async open() {
      try {
        const py = await connect({ element: this.root });
        const handle = py.handle(this.root.dataset.handle ?? '');
        const state = await handle.call('attach', [this.view], {}, { repeatable: true });
        if (!this.root.isConnected) {
          void handle.call('detach', [this.view]).catch(() => {});
          return;
        }
        this.playback.rate = Math.min(1000, 1000 / Math.max(state.interval, 1));
        this.playback.mode = state.repeat ? 'loop' : 'once';
        this.frames = new Frames(handle, {
          state: (reply) => this.learn(reply),
          came: (index) => this.came(index),
          failed: (error) => this.fail(error),
          lost: (error) => this.lose(error),
        });
        this.frames.version = state.version;
        this.learn(state);
        this.fit();
        loop.start(this.tick);
      } catch (error) {
        this.lose(error);
      }
    }

    /** @param {string} action */
    act(action) {
      const { playback } = this;
      this.clear();
      switch (action) {
        case 'play':
        case 'reverse':
          this.frames?.retry();
          playback.play(action === 'play' ? 1 : -1, performance.now());
          break;
        case 'pause':
          playback.pause();
          break;
        case 'full':
          if (document.fullscreenElement === this.root) void document.exitFullscreen();
          else void this.root.requestFullscreen();
          break;
        case 'first':
          this.seek(0);
          break;
        case 'last':
          this.seek(playback.last ?? this.reached - 1);
          break;
        case 'next':
          this.seek(playback.index + 1);
          break;
        case 'previous':
          this.seek(playback.index - 1);
      }
      this.update();
      this.ask();
    }

    /** @param {KeyboardEvent} event */
    key(event) {
      const own =
        event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
      // The notebook's command mode has a meaning for nearly every key.
      event.stopPropagation();
      if (event.ctrlKey || event.metaKey || event.altKey || own) return;
      if (event.target instanceof HTMLButtonElement && (event.key === ' ' || event.key === 'Enter'))
        return;
      const action = this.action(event);
      if (!action) return;
      event.preventDefault();
      if (action === 'faster' || action === 'slower') this.change(action === 'faster' ? 1 : -1);
      else if (action === 'mode') this.cycle();
      else this.act(action);
    }

    /** @param {KeyboardEvent} event @returns {string | undefined} */
    action({ key, shiftKey }) {
      if (key === ' ') return this.playback.playing ? 'pause' : shiftKey ? 'reverse' : 'play';
      /** @type {Record<string, string>} */
      const keys = {
        ArrowLeft: 'previous',
        ArrowRight: 'next',
        Home: 'first',
        End: 'last',
        '+': 'faster',
        '-': 'slower',
        l: 'mode',
        f: 'full',
      };
      return keys[key];
    }

    /** @param {1 | -1} by */
    change(by) {
      const at = SPEEDS.indexOf(this.playback.speed) + by;
      this.playback.speed = SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at))] ?? 1;
      this.update();
    }

    cycle() {
      this.playback.mode = MODES[(MODES.indexOf(this.playback.mode) + 1) % MODES.length] ?? 'loop';
      this.update();
    }

    /** @param {number} index */
    seek(index) {
      this.playback.pause();
      this.playback.seek(index);
      this.update();
      this.ask();
    }

    /** @param {import('./internal').AnimationState} state */
    learn(state) {
      this.playback.length = state.length;
      this.reached = state.reached;
      // An animation of unknown length may turn out to end before where the view was going.
      this.playback.seek(this.playback.index);
      this.update();
    }

    /** Choose the scale at which frames are drawn: one pixel of a frame a pixel of the screen. */
    fit() {
      const shown = this.parts.picture.clientWidth * devicePixelRatio;
      if (!this.frames || shown === 0) return;
      const scale = Math.max(SCALE_STEP, Math.ceil(shown / this.width / SCALE_STEP) * SCALE_STEP);
      if (scale === this.frames.scale && this.drawn !== null) return;
      this.frames.scale = scale;
      this.ask();
    }

    /** Say what is wanted: the frame to show, then those that come after it. */
    ask() {
      if (!this.frames || !this.visible) return;
      const { playback } = this;
      const indices = [
        playback.index,
        ...playback.ahead(playback.playing ? AHEAD : 2).map((s) => s.index),
      ];
      this.frames.want(indices);
      const near = indices.slice(0, DECODED);
      this.screen.keep(new Set(near));
      for (const index of near) this.decode(index);
    }

    /** @param {number} index */
    decode(index) {
      const frame = this.frames?.get(index);
      if (!frame) return;
      void this.screen.prepare(index, frame.blob).then(
        () => this.show(index),
        (error) => console.error('pybridge: a frame could not be decoded', error),
      );
    }

    /** @param {number} index */
    came(index) {
      if (this.playback.index === index) this.drawn = null;
      this.ask();
    }

    /** Draw a frame if it is the one to see. @param {number} index */
    show(index) {
      const frame = this.frames?.get(index);
      if (index !== this.playback.index || index === this.drawn || !frame) return;
      if (!this.screen.ready(index, frame.blob)) return;
      this.screen.draw(index);
      this.parts.picture.querySelector('img')?.remove();
      this.drawn = index;
      this.shown += 1;
      this.update();
    }

    /** @param {number} now */
    tick(now) {
      const { playback, frames } = this;
      if (!playback.playing || !this.visible || !frames) return;
      const due = playback.due(now);
      if (due < 1) return;
      const step = playback.peek(due);
      if (!step) {
        playback.pause();
        this.update();
        return;
      }
      const ready = this.isReady(step.index) ? step : playback.peek(1);
      if (ready && this.isReady(ready.index)) {
        playback.go(ready, ready === step ? due : 1, now);
        this.show(ready.index);
      } else {
        playback.hold(now);
        const error = frames.failed.get(step.index);
        if (error) this.halt(error);
      }
      this.ask();
    }

    /** @param {number} index */
    isReady(index) {
      const frame = this.frames?.get(index);
      return frame !== undefined && this.screen.ready(index, frame.blob);
    }

    /** A frame raised; that matters once it is the one to see. @param {import('./internal').FrameError} error */
    fail(error) {
      if (error.index === this.playback.index) this.halt(error);
    }

    /** @param {import('./internal').ErrorDescription} error */
    halt(error) {
      this.playback.pause();
      const { trace } = this.parts;
      trace.textContent = error.code === 'python' ? error.traceback : error.message;
      trace.hidden = false;
      this.update();
    }

    /** @param {unknown} error */
    lose(error) {
      this.playback.pause();
      this.parts.note.textContent = advice(error);
      this.parts.note.hidden = false;
      this.update();
    }

    clear() {
      this.parts.note.hidden = true;
      this.parts.trace.hidden = true;
    }

    /** Make the controls say what is so. */
    update() {
      const { playback, parts, root } = this;
      const { index, length } = playback;
      const known = length ?? Math.max(this.reached, index + 1);
      parts.slider.max = String(known - 1);
      parts.slider.value = String(index);
      parts.slider.setAttribute('aria-valuetext', `frame ${index} of ${length ?? 'unknown'}`);
      parts.place.textContent = `${index} / ${length === null ? `${known - 1}…` : length - 1}`;
      parts.mode.value = playback.mode;
      parts.speed.value = String(playback.speed);
      if (document.activeElement !== parts.rate)
        parts.rate.value = String(Number(playback.rate.toFixed(2)));
      root.dataset.frame = String(this.drawn ?? index);
      root.dataset.shown = String(this.shown);
      root.dataset.playing = String(playback.playing ? playback.direction : 0);
    }

    close() {
      loop.stop(this.tick);
      this.sizes?.disconnect();
      this.sight?.disconnect();
      this.screen.close();
      if (!this.frames) return;
      this.frames.close();
      // The kernel may be gone as well; then there is nothing to let go of.
      void this.frames.handle.call('detach', [this.view]).catch(() => {});
    }
  }

  /** Whether the page behind an element is dark: themes of the notebook do not follow the system's. @param {Element} element */
  function isDark(element) {
    for (let at = /** @type {Element | null} */ (element); at; at = at.parentElement) {
      const [red = 255, green = 255, blue = 255, alpha = 1] =
        getComputedStyle(at)
          .backgroundColor.match(/[\d.]+/g)
          ?.map(Number) ?? [];
      if (alpha > 0) return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
    }
    return false;
  }

  function style() {
    if (document.getElementById('pybridge-style')) return;
    const link = document.createElement('link');
    link.id = 'pybridge-style';
    link.rel = 'stylesheet';
    link.href = require.toUrl('./player.css');
    document.head.append(link);
  }

  /** Let go of players whose cell was run again or removed. */
  function sweep() {
    for (const [root, player] of players) {
      if (root.isConnected) continue;
      players.delete(root);
      player.close();
    }
    if (players.size > 0) return;
    clearInterval(sweeping);
    sweeping = undefined;
  }

  /** Make players of all that is on the page and is not one yet. */
  function mount() {
    for (const root of document.querySelectorAll('.pybridge-player:not([data-mounted])')) {
      if (!(root instanceof HTMLElement)) continue;
      style();
      root.dataset.mounted = '';
      const player = new Player(root);
      players.set(root, player);
      sweeping ??= setInterval(sweep, SWEEP);
      void player.open();
    }
  }

  return { mount };
});
