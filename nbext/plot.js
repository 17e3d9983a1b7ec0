/** A plot of the Plot kernel in a cell: pan, zoom, trace, and sliders for its parameters. */
'use strict';

define([
  './elements',
  './icons',
  './numbers',
  './origin',
  './params',
  './theme',
  './viewport',
], function (
  /** @type {import('./internal').ElementsModule} */ { element },
  /** @type {import('./internal').IconsModule} */ { icon },
  /** @type {import('./internal').NumbersModule} */ { inRange },
  /** @type {import('./internal').OriginModule} */ { Origin },
  /** @type {import('./internal').ParamsModule} */ { Params },
  /** @type {import('./internal').ThemeModule} */ { themeOf },
  /** @type {import('./internal').ViewportModule} */ viewport,
) {
  /** @typedef {import('./internal').Ranges} Ranges */

  /** How much of what is shown one step of a zoom keeps, and one key of a pan moves. */
  const ZOOM = 0.8;
  const STEP = 0.1;

  /** @type {readonly [string, string, string][]} */
  const BUTTONS = [
    ['closer', 'Zoom in', '+'],
    ['farther', 'Zoom out', '−'],
    ['home', 'Back to the first view', '0'],
  ];

  /** @type {Record<string, string>} */
  const KEYS = {
    ArrowLeft: 'left',
    ArrowRight: 'right',
    ArrowUp: 'up',
    ArrowDown: 'down',
    '+': 'closer',
    '=': 'closer',
    '-': 'farther',
    0: 'home',
    Home: 'home',
  };

  class Plot {
    /** @param {HTMLElement} root what the kernel shows: a picture and a line of text */
    constructor(root) {
      this.root = root;
      this.origin = new Origin(root);
      this.isGone = false;
      /** Whether it is connected to the kernel's end, or about to be. */
      this.attached = false;
      const poster = /** @type {HTMLImageElement} */ (root.querySelector('img'));
      this.poster = poster;
      this.label = poster.alt;
      this.canvas = element('canvas', { tabindex: '0', role: 'img', 'aria-label': this.label });
      this.readout = element('p', { class: 'pybridge-readout', 'aria-live': 'off' });
      this.note = /** @type {HTMLElement} */ (root.querySelector('.pybridge-note'));
      this.panel = element('div', { class: 'pybridge-params' });
      this.params = new Params(this.panel, (changes) => this.change(changes));
      /** The parameters' values, as they are wanted. @type {Record<string, unknown>} */
      this.values = {};
      /** What is on the canvas. @type {import('./internal').Picture | null} */
      this.shown = null;
      /** What is to be seen; null for what the kernel chooses. @type {Ranges | null} */
      this.wanted = null;
      /** What the kernel has chosen. @type {Ranges | null} */
      this.home = null;
      /** Whether the picture of what is wanted is there, or on its way. */
      this.fresh = true;
      this.drawing = false;
      /** Whether the last picture that was wanted could not be had. */
      this.failed = false;
      this.tracing = false;
      /** Where the pointer is, as an x; null where there is none. @type {number | null} */
      this.pointer = null;
      /** @type {import('./internal').TracePoint[]} */
      this.points = [];
      /** @type {(() => void)[]} */
      this.cleanups = [];
    }

    async open() {
      this.cleanups.push(
        this.origin.onConnected(() => {
          if (this.isGone) return;
          // It never came about, for want of a kernel or a connection; or a picture did not.
          if (!this.attached) void this.attach();
          else if (this.failed) this.look();
        }),
      );
      await this.attach();
    }

    async attach() {
      this.attached = true;
      try {
        const gone = () => {
          this.isGone = true;
          this.fail(null);
        };
        const { parameters } = await this.origin.attach({ gone });
        if (!this.root.isConnected) {
          this.close();
          return;
        }
        for (const { name, value } of parameters) this.values[name] = value;
        this.dress(parameters);
        await this.draw();
      } catch (error) {
        this.attached = false;
        this.fail(error);
      }
    }

    /** @param {string} method @param {unknown[]} args @returns {Promise<any>} */
    ask(method, ...args) {
      const { handle } = this.origin;
      if (!handle) return Promise.reject(new Error('the plot is not connected'));
      return handle.call(method, args, {}, { repeatable: true });
    }

    /** @param {readonly import('./internal').Param[]} parameters */
    dress(parameters) {
      const buttons = BUTTONS.map(([action, name, key]) => {
        const title = `${name} (${key})`;
        const attributes = { type: 'button', 'data-action': action, 'aria-label': name, title };
        return element('button', attributes, icon(action));
      });
      const bar = element('div', { class: 'pybridge-bar' }, ...buttons, this.readout);
      this.poster.replaceWith(
        element('div', { class: 'pybridge-picture' }, this.canvas),
        bar,
        this.panel,
      );
      this.note.hidden = true;
      this.root.dataset.theme = themeOf(this.root);
      this.params.update(parameters);
      this.watch();
      const sizes = new ResizeObserver(() => {
        if (this.shown && this.shown.width !== this.size()[0]) this.look();
      });
      sizes.observe(this.root);
      this.cleanups.push(() => sizes.disconnect());
    }

    watch() {
      const { canvas, root } = this;
      /** @type {{x: number, y: number} | null} */
      let held = null;
      canvas.addEventListener('pointerdown', (event) => {
        if (event.button !== 0) return;
        canvas.setPointerCapture(event.pointerId);
        held = { x: event.clientX, y: event.clientY };
      });
      canvas.addEventListener('pointermove', (event) => {
        if (held) {
          this.pan(event.clientX - held.x, event.clientY - held.y);
          held = { x: event.clientX, y: event.clientY };
        } else this.point(event);
      });
      const release = () => {
        held = null;
      };
      canvas.addEventListener('pointerup', release);
      canvas.addEventListener('pointercancel', release);
      canvas.addEventListener('pointerleave', () => this.leave());
      canvas.addEventListener('dblclick', () => this.act('home'));
      canvas.addEventListener(
        'wheel',
        (event) => {
          // Else nobody could scroll past it.
          if (!(event.ctrlKey || event.metaKey || document.activeElement === canvas)) return;
          event.preventDefault();
          this.zoom(ZOOM ** (-event.deltaY / 100), event);
        },
        { passive: false },
      );
      root.addEventListener('click', (event) => {
        const button = /** @type {Element} */ (event.target).closest('[data-action]');
        if (button instanceof HTMLElement) this.act(String(button.dataset.action));
      });
      root.addEventListener('keydown', (event) => {
        // The notebook's own keys cut cells and add new ones.
        event.stopPropagation();
        const action = event.target === canvas ? KEYS[event.key] : undefined;
        if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        this.act(action);
      });
    }

    /** @param {string} action */
    act(action) {
      const { width, height } = this.canvas.getBoundingClientRect();
      const moves = { left: [1, 0], right: [-1, 0], up: [0, 1], down: [0, -1] };
      if (action === 'closer') this.zoom(ZOOM);
      else if (action === 'farther') this.zoom(1 / ZOOM);
      else if (action === 'home') this.show(null);
      else {
        const [x = 0, y = 0] = moves[/** @type {'left'} */ (action)];
        this.pan(x * STEP * width, y * STEP * height);
      }
    }

    /** @param {number} right in pixels of the page @param {number} down */
    pan(right, down) {
      if (this.shown) this.show(viewport.pan(this.ranges(), this.shown, right, down));
    }

    /** @param {number} factor how much of the ranges to keep @param {{offsetX: number, offsetY: number}} [around] */
    zoom(factor, around) {
      if (!this.shown) return;
      const at =
        around && viewport.toData(this.ranges(), this.shown, around.offsetX, around.offsetY);
      this.show(viewport.zoom(this.ranges(), factor, at));
    }

    /** What is to be seen, as far as it is known; there is a picture. @returns {Ranges} */
    ranges() {
      return this.wanted ?? /** @type {Ranges} */ (this.home);
    }

    /** Show something else: what there is of it at once, and the kernel's picture when it comes. @param {Ranges | null} ranges */
    show(ranges) {
      this.wanted = ranges;
      this.paint();
      this.look();
    }

    /** @param {Record<string, unknown>} changes */
    async change(changes) {
      Object.assign(this.values, changes);
      this.look();
    }

    /** Something else is to be seen: draw it, now or after what is being drawn. */
    look() {
      this.fresh = false;
      void this.draw();
    }

    async draw() {
      if (this.drawing) return;
      this.drawing = true;
      do {
        this.fresh = true;
        try {
          await this.fetch();
          this.failed = false;
          this.complain('');
        } catch (error) {
          this.failed = true;
          this.fail(error);
        }
      } while (!this.fresh && this.root.isConnected);
      this.drawing = false;
    }

    /** Width and height in pixels of the page: those of the poster, or what there is room for. @returns {[number, number]} */
    size() {
      const { width, height } = this.poster;
      const room = Math.min(width, this.root.clientWidth || width);
      return [room, Math.round((room * height) / width)];
    }

    async fetch() {
      const { wanted, values } = this;
      const [width, height] = this.size();
      const scale = devicePixelRatio;
      const view = { x: wanted?.x ?? null, y: wanted?.y ?? null, width, height, scale };
      const drawn = await this.ask('draw', view, values);
      const bitmap = await createImageBitmap(new Blob([drawn.png], { type: 'image/png' }));
      this.shown?.bitmap.close();
      if (!wanted) this.home = { x: drawn.x, y: drawn.y };
      this.shown = { bitmap, x: drawn.x, y: drawn.y, box: drawn.box, width, height };
      Object.assign(this.canvas, { width: bitmap.width, height: bitmap.height });
      Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
      this.canvas.dataset.drawn = String(Number(this.canvas.dataset.drawn ?? 0) + 1);
      this.canvas.dataset.x = drawn.x.join(' ');
      this.canvas.dataset.y = drawn.y.join(' ');
      this.canvas.dataset.box = drawn.box.join(' ');
      this.paint();
      if (this.pointer !== null) void this.trace();
    }

    paint() {
      const { canvas, shown } = this;
      const context = canvas.getContext('2d');
      if (!context || !shown) return;
      const scale = canvas.width / shown.width;
      const [x, y, width, height] = viewport.place(this.ranges(), shown);
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.drawImage(shown.bitmap, x * scale, y * scale, width * scale, height * scale);
      if (this.pointer !== null) this.mark(context, scale, shown);
    }

    /** Mark what is traced. @param {CanvasRenderingContext2D} context @param {number} scale @param {import('./internal').Picture} shown */
    mark(context, scale, shown) {
      const [left, top, right, bottom] = shown.box;
      const [across] = viewport.toPage(this.ranges(), shown, Number(this.pointer), 0);
      if (across < left || across > right) return;
      context.save();
      context.scale(scale, scale);
      context.strokeStyle = '#8a93a3';
      context.setLineDash([3, 3]);
      context.beginPath();
      context.moveTo(across, top);
      context.lineTo(across, bottom);
      context.stroke();
      for (const { x, y, color } of this.points) {
        if (y === null) continue;
        const [pageX, pageY] = viewport.toPage(this.ranges(), shown, x, y);
        if (pageY < top || pageY > bottom) continue;
        context.fillStyle = color;
        context.beginPath();
        context.arc(pageX, pageY, 4, 0, 2 * Math.PI);
        context.fill();
      }
      context.restore();
    }

    /** @param {PointerEvent} event */
    point({ offsetX, offsetY }) {
      if (!this.shown) return;
      const [left, top, right, bottom] = this.shown.box;
      if (offsetX < left || offsetX > right || offsetY < top || offsetY > bottom) {
        this.leave();
        return;
      }
      this.pointer = viewport.toData(this.ranges(), this.shown, offsetX, offsetY)[0];
      this.paint();
      void this.trace();
    }

    leave() {
      this.pointer = null;
      this.points = [];
      this.readout.replaceChildren();
      this.paint();
    }

    /** Ask for the values under the pointer; one question at a time, the last one in any case. */
    async trace() {
      if (this.tracing) return;
      this.tracing = true;
      try {
        for (let asked = null; this.pointer !== null && asked !== this.pointer; ) {
          asked = this.pointer;
          const points = await this.ask('trace', asked, this.values);
          if (this.pointer === null) break;
          this.points = points;
          this.tell(asked);
          this.paint();
        }
      } catch (error) {
        this.fail(error);
      } finally {
        this.tracing = false;
      }
    }

    /** @param {number} x */
    tell(x) {
      const ranges = this.ranges();
      const parts = this.points.map(({ label, y, color }) => {
        const dot = element('i', { style: `background: ${color}` });
        const value = y === null ? 'undefined' : inRange(y, ...ranges.y);
        return element('span', {}, dot, `${label}: ${value}`);
      });
      this.readout.replaceChildren(element('span', {}, `x = ${inRange(x, ...ranges.x)}`), ...parts);
    }

    /** @param {any} error */
    fail(error) {
      if (this.isGone || error.code === 'no-handle')
        this.complain('Its kernel is gone: run the cell again.');
      else this.complain(`${error.type ?? error.name}: ${error.message}`);
    }

    /** @param {string} text */
    complain(text) {
      this.note.textContent = text;
      this.note.hidden = text === '';
    }

    close() {
      for (const cleanup of this.cleanups.splice(0)) cleanup();
      this.origin.close();
      this.shown?.bitmap.close();
    }
  }

  return { Plot };
});
