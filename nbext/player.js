/** The animation player: controls, a canvas, and what is wanted from the kernel next. */
'use strict';

define([
  './baked',
  './frames',
  './playback',
  './screen',
  './projector',
  './face',
  './controls',
  './keys',
  './params',
  './save',
  './readout',
], function (
  /** @type {import('./internal').BakedModule} */ { parseBaked, readBaked, writeBaked },
  /** @type {import('./internal').FramesModule} */ { Frames, advice, GONE },
  /** @type {import('./internal').PlaybackModule} */ { Playback, MODES },
  /** @type {import('./internal').ScreenModule} */ { Screen },
  /** @type {import('./internal').ProjectorModule} */ { Projector },
  /** @type {import('./internal').FaceModule} */ { Face },
  /** @type {import('./internal').ControlsModule} */ { SPEEDS },
  /** @type {import('./internal').KeysModule} */ { actionOf },
  /** @type {import('./internal').ParamsModule} */ { Params },
  /** @type {import('./internal').SaveModule} */ { SaveMenu },
  /** @type {import('./internal').ReadoutModule} */ { Readout },
) {
  /** @typedef {import('./internal').AnimationState} AnimationState */
  /** @typedef {import('./internal').FrameError} FrameError */
  /** @typedef {import('./internal').PlayerEvent} PlayerEvent */

  /** Steps of the drawing scale: frames are not drawn anew for every pixel of a resize. */
  const SCALE_STEP = 0.125;

  /** @type {Record<string, string>} */
  const SENT = {
    'image/png': 'PNG, lossless',
    'image/webp': 'WebP, until it rests',
    'image/jpeg': 'JPEG, until it rests',
  };

  class Player {
    /**
     * @param {HTMLElement} root what the kernel's Animation shows: a picture and a line of text
     * @param {import('./internal').Origin | null} origin the kernel's end; null where there is none
     */
    constructor(root, origin) {
      this.root = root;
      this.origin = origin;
      this.baked = readBaked(root);
      this.playback = new Playback();
      this.face = new Face(root);
      this.screen = new Screen(this.face.parts.canvas);
      this.params = new Params(this.face.parts.panel, (changes) => this.call('change', [changes]));
      this.saving = new SaveMenu(
        root,
        (format, signal) => this.export(format, signal),
        (signal) => this.call('keep', [], signal),
      );
      this.readout = new Readout(() => this.figures());
      this.frames = new Frames(null, {
        state: (reply) => this.learn(reply),
        came: (indices) => this.projector.came(indices),
        failed: (error) => this.fail(error),
        lost: (error) => this.lose(error),
        waiting: (waited) => this.face.wait(waited),
      });
      this.projector = new Projector(this.playback, this.frames, this.screen, {
        shown: () => this.see(),
        ended: () => this.update(),
        missed: (error, step) => this.miss(error, step),
      });
      this.reached = 1;
      this.restarting = false;
      /** What the kernel had to say besides. @type {string | null} */
      this.note = null;
      /** Whether what the kernel had is gone for good. */
      this.isGone = false;
      this.attaching = false;
      /** @type {(() => void)[]} */
      this.cleanups = [];
      this.face.dress(this.saving.element, [this.saving.progress, this.readout.element]);
      this.watch();
      this.update();
    }

    watch() {
      const { slider, mode, speed, rate } = this.face.parts;
      const on =
        /** @type {(target: EventTarget, type: string, listener: (event: any) => void) => void} */ (
          (target, type, listener) => target.addEventListener(type, listener)
        );
      on(this.root, 'click', (event) => {
        const action = event.target.closest('[data-action]')?.dataset.action;
        if (action) this.act(action);
      });
      on(this.root, 'keydown', (event) => this.key(event));
      on(slider, 'input', () => this.seek(Number(slider.value)));
      on(mode, 'change', () => this.set('mode', mode.value));
      on(speed, 'change', () => this.set('speed', Number(speed.value)));
      on(rate, 'change', () => {
        const wanted = Number(rate.value);
        if (wanted > 0 && wanted <= 1000) this.set('rate', wanted);
        else rate.value = String(this.playback.rate);
      });
      const sizes = new ResizeObserver(() => this.fit());
      sizes.observe(this.face.parts.picture);
      const sight = new IntersectionObserver((entries) => {
        this.projector.see(entries.at(-1)?.isIntersecting ?? true);
      });
      sight.observe(this.root);
      const look = () => this.projector.ask();
      document.addEventListener('visibilitychange', look);
      this.cleanups.push(
        () => sizes.disconnect(),
        () => sight.disconnect(),
        () => document.removeEventListener('visibilitychange', look),
      );
    }

    /** Show what there is, and connect to the kernel's Animation. */
    async open() {
      const { baked, origin } = this;
      if (baked) {
        this.pace(baked);
        this.showBaked(baked);
      }
      if (!origin) {
        if (baked?.partial) this.face.remind(`This page holds ${baked.text}.`);
        return;
      }
      this.cleanups.push(
        origin.onConnected(() => {
          // It never came about, for want of a kernel or a connection.
          if (!this.frames.handle && !this.isGone && !this.attaching) void this.attach(origin);
        }),
      );
      await this.attach(origin);
    }

    /** @param {import('./internal').Origin} origin */
    async attach(origin) {
      this.attaching = true;
      try {
        const state = await origin.attach({
          heard: (event) => this.hear(event),
          waiting: (waited) => this.face.wait(waited),
          gone: () => this.leave(),
        });
        if (!this.root.isConnected) {
          this.close();
          return;
        }
        if (!this.baked) this.pace(state);
        this.params.update(state.params);
        if (state.version !== this.frames.version) this.frames.forget(state.version);
        this.frames.handle = origin.handle;
        this.frames.view = origin.view;
        this.face.remind('');
        this.face.enable(true);
        this.learn(state);
        this.fit();
        this.projector.ask();
        if (state.baked && state.baked !== this.root.dataset.baked) await this.keep(state.baked);
        else if (this.baked?.partial) this.face.say(`The notebook holds ${this.baked.text}.`);
      } catch (error) {
        this.lose(error);
      } finally {
        this.attaching = false;
      }
    }

    /** Play what the notebook holds, as long as the kernel has not said anything. @param {import('./internal').Baked} baked */
    showBaked(baked) {
      const { frames, playback } = this;
      if (frames.version !== baked.version) frames.forget(baked.version);
      frames.baked = baked.frames;
      frames.version = baked.version;
      frames.scale = baked.scale;
      this.params.update(baked.params);
      // Without a kernel, what is not held does not come.
      playback.length = baked.length ?? frames.furthest + 1;
      playback.seek(playback.index);
      this.face.enable(true, false);
      this.update();
      this.projector.ask();
    }

    /** @param {{interval: number, repeat: boolean}} animation */
    pace({ interval, repeat }) {
      this.playback.rate = Math.min(1000, 1000 / Math.max(interval, 1));
      this.playback.mode = repeat ? 'loop' : 'once';
    }

    /** What the kernel tells every view. @param {PlayerEvent} event */
    hear(event) {
      switch (event.what) {
        case 'play':
        case 'pause':
          this.act(event.what);
          break;
        case 'seek':
          this.seek(event.index);
          break;
        case 'baked':
          void this.keep(event.digest);
          break;
        case 'ready':
          this.frames.ready(event.indices);
          break;
        case 'params':
          this.params.update(event.params);
          this.renew(event);
          break;
        case 'restart':
          // Where it was asked for, the viewer may have gone on from there already.
          if (!this.restarting) this.playback.seek(0);
          this.renew(event);
          break;
        case 'renew':
          this.renew(event);
      }
    }

    /** The kernel draws other frames from now on. @param {AnimationState} state */
    renew(state) {
      if (state.version <= this.frames.version) return;
      this.frames.forget(state.version);
      this.projector.forget();
      this.face.clear();
      this.learn(state);
      this.projector.ask();
    }

    async restart() {
      this.restarting = true;
      await this.call('restart').catch(() => {});
      this.restarting = false;
    }

    /** @param {string} format @param {AbortSignal} signal */
    export(format, signal) {
      return this.call('export', [format, this.playback.index, this.frames.scale], signal);
    }

    /** Have the notebook keep the frames that the kernel has baked. @param {string} digest */
    async keep(digest) {
      const text = await this.call('baked').catch(() => null);
      const baked = parseBaked(text);
      if (!text || !baked) return;
      this.baked = baked;
      this.root.dataset.baked = digest;
      this.origin?.rewrite((stored) => {
        stored.dataset.baked = digest;
        writeBaked(stored, text);
      });
      this.face.say(`The notebook holds ${baked.text}.`);
    }

    /** Call the kernel's Animation; what goes wrong is said in words, too. @param {string} method @param {unknown[]} [args] @param {AbortSignal} [signal] */
    async call(method, args = [], signal) {
      const { handle } = this.frames;
      if (!handle) throw new Error('not connected');
      try {
        const onBusy = (/** @type {number} */ waited) => this.face.wait(waited);
        const onProgress = (/** @type {import('./pybridge').Progress} */ { fraction }) =>
          this.saving.advance(fraction ?? 0);
        return await handle.call(method, args, {}, { signal, onBusy, onProgress });
      } catch (error) {
        if (!signal?.aborted) this.lose(error);
        throw error;
      }
    }

    /** @param {string} action a button's, or behind a key */
    act(action) {
      const { playback } = this;
      switch (action) {
        case 'play':
        case 'reverse':
          this.face.clear();
          this.frames.retry();
          playback.play(action === 'play' ? 1 : -1, performance.now());
          break;
        case 'pause':
          playback.pause();
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
          break;
        case 'faster':
        case 'slower': {
          const at = SPEEDS.indexOf(playback.speed) + (action === 'faster' ? 1 : -1);
          this.set('speed', SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at))]);
          break;
        }
        case 'mode':
          this.set('mode', MODES[(MODES.indexOf(playback.mode) + 1) % MODES.length]);
          break;
        case 'full':
          if (document.fullscreenElement === this.root) void document.exitFullscreen();
          else void this.root.requestFullscreen();
          break;
        case 'info':
          this.face.parts.info.setAttribute('aria-expanded', String(this.readout.toggle()));
          break;
        case 'restart':
          this.face.clear();
          this.playback.seek(0);
          void this.restart();
      }
      this.update();
      this.projector.ask();
    }

    /** @param {KeyboardEvent} event */
    key(event) {
      const action = actionOf(event, this.playback.playing);
      if (action && this.face.playable) this.act(action);
    }

    /** @param {'mode' | 'speed' | 'rate'} name @param {unknown} value */
    set(name, value) {
      Object.assign(this.playback, { [name]: value, since: performance.now() });
      this.update();
    }

    /** @param {number} index */
    seek(index) {
      this.face.clear();
      this.playback.pause();
      this.playback.seek(index);
      this.frames.retry();
      this.update();
      this.projector.ask();
    }

    /** @param {AnimationState} state */
    learn(state) {
      this.playback.length = state.length;
      this.reached = state.reached;
      this.forwardOnly = state.forwardOnly;
      this.drawing = state.drawing;
      if (state.note && state.note !== this.note) this.face.say(state.note, { wrong: true });
      this.note = state.note;
      // An animation of unknown length may turn out to end before where the view was going.
      this.playback.seek(this.playback.index);
      this.update();
    }

    /** Choose the scale at which frames are drawn: a pixel of a frame for a pixel of the screen. */
    fit() {
      const shown = this.face.parts.picture.clientWidth * devicePixelRatio;
      if (!this.frames.handle || shown === 0) return;
      const scale = Math.max(
        SCALE_STEP,
        Math.ceil(shown / this.face.width / SCALE_STEP - 0.01) * SCALE_STEP,
      );
      if (scale !== this.frames.scale) this.frames.resize(scale);
      this.projector.ask();
    }

    /** Another frame is to be seen. */
    see() {
      this.face.undrape();
      this.readout.count();
      this.update();
    }

    /** The frame that play goes on with cannot be had. @param {import('./internal').ErrorDescription} error @param {import('./internal').Step} step */
    miss(error, { direction }) {
      if (error.code === 'forward-only' && direction > 0) {
        // What was passed over is drawn in another pass, as a live animation's repeat is.
        if (!this.restarting) void this.restart();
      } else this.halt(error);
    }

    /** A frame cannot be had; that matters once it is the one to see. @param {FrameError} error */
    fail(error) {
      if (error.index === this.playback.index) this.halt(error);
    }

    /** @param {import('./internal').ErrorDescription} error */
    halt(error) {
      this.playback.pause();
      if (error.code === 'python') this.face.showTrace(error.traceback);
      else this.face.say(error.message, { wrong: true, again: error.code === 'forward-only' });
      this.update();
    }

    /** @param {unknown} error */
    lose(error) {
      const why = advice(error);
      if (why === GONE) this.leave();
      else if (this.frames.handle || !this.baked) this.stop(why);
      else this.face.remind(why);
    }

    /** The kernel's Animation is gone; what is here can still be played. */
    leave() {
      const { baked, frames, playback } = this;
      this.isGone = true;
      frames.handle = null;
      frames.retry();
      if (baked) this.showBaked(baked);
      else {
        playback.pause();
        playback.length = Math.max(1, frames.furthest + 1);
        this.face.enable(playback.length > 1, false);
      }
      this.face.remind(baked ? `${GONE} Until then, the notebook plays ${baked.text}.` : GONE);
      this.update();
      this.projector.ask();
    }

    /** @param {string} why */
    stop(why) {
      this.playback.pause();
      if (!this.frames.handle) this.face.enable(false);
      this.face.say(why, { wrong: true });
      this.update();
    }

    /** @returns {Record<string, string>} */
    figures() {
      const { drawn, dropped } = this.projector;
      const { trip, kept, bytes, calls } = this.frames;
      const seen = kept.get(drawn ?? -1);
      return {
        'round trip': `${Math.round(trip)} ms`,
        'bytes a frame': kept.size ? `${Math.round(bytes / kept.size / 1024)} kB` : '–',
        dropped: String(dropped),
        cached: `${kept.size} frames, ${(bytes / 2 ** 20).toFixed(1)} MB`,
        requests: String(calls),
        drawn: this.drawing ?? '–',
        sent: SENT[seen?.mime ?? ''] ?? '–',
        order: this.forwardOnly ? 'forward only' : 'any',
        'in the notebook': this.baked?.text ?? 'a picture',
      };
    }

    update() {
      const { drawn, shown } = this.projector;
      this.projector.run();
      this.face.update(this.playback, this.reached);
      const { dataset } = this.root;
      dataset.frame = String(drawn ?? this.playback.index);
      dataset.shown = String(shown);
      dataset.calls = String(this.frames.calls);
    }

    close() {
      this.playback.pause();
      this.projector.close();
      for (const cleanup of this.cleanups.splice(0)) cleanup();
      this.frames.close();
      this.saving.close();
      this.readout.close();
      this.screen.close();
      this.origin?.close();
    }
  }

  return { Player };
});
