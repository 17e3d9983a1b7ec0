/**
 * What plays the animations in the page, each way as fast as it can; run after `page.js`.
 * The body of an async function; it leaves `window.films`.
 */
'use strict';

const [pybridge, { Frames }, { Screen }] = await new Promise((resolve, reject) => {
  const modules = ['main', 'frames', 'screen'].map((name) => `nbextensions/pybridge/${name}`);
  require(modules, (...loaded) => resolve(loaded), reject);
});
const { kernel } = Jupyter.notebook;
const py = await pybridge.connect();

const run = (code) => py.runPython(code);

/** Run code as the notebook itself does, and give its first output's text. */
function bare(code) {
  return new Promise((resolve, reject) => {
    const output = ({ header, content }) => {
      if (header.msg_type === 'error') reject(new Error(content.evalue));
      else resolve(content.data['text/plain']);
    };
    const options = { silent: false, store_history: false, stop_on_error: false };
    kernel.execute(code, { iopub: { output } }, options);
  });
}

/** A canvas that is on the screen, as the player's is. */
function newCanvas() {
  document.querySelector('#films')?.remove();
  const canvas = document.createElement('canvas');
  canvas.id = 'films';
  canvas.style = 'position: fixed; right: 0; bottom: 0; z-index: 1000; border: 1px solid';
  document.body.append(canvas);
  return canvas;
}

/** Canvases put off what they are told to draw until someone looks. */
const look = (context) => context.getImageData(0, 0, 1, 1).data[3];

async function hash(buffer) {
  const digest = await crypto.subtle.digest('SHA-256', buffer);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

// -- pybridge -------------------------------------------------------------------------------------

/** Plays frames in order, each drawn once it is decoded. */
class Projector {
  /** @param {string} name of the animation's handle */
  constructor(name, count) {
    this.handle = py.handle(name);
    this.count = count;
    this.canvas = newCanvas();
    this.screen = new Screen(this.canvas);
    this.context = this.canvas.getContext('2d');
    this.next = 0;
    this.prepared = new Set();
    this.decoded = new Set();
    /** Those that came, by index. */
    this.kept = [];
  }

  async open() {
    await this.handle.call('restart');
    const { version } = await this.handle.call('attach', ['benchmark']);
    this.frames = new Frames(this.handle, {
      state: (reply) => {
        // The kernel found that what it had drawn was wrong: nothing of this run counts.
        if (reply.version !== version) this.reject(new Error('the frames began anew'));
      },
      came: () => this.advance(),
      failed: (error) => this.reject(new Error(error.message)),
      lost: (error) => this.reject(error),
    });
    this.frames.version = version;
  }

  /** Go on to the end. @returns the time it took, in ms */
  async play() {
    const begin = performance.now();
    await new Promise((resolve, reject) => {
      Object.assign(this, { resolve, reject });
      this.advance();
    });
    return performance.now() - begin;
  }

  advance() {
    const end = Math.min(this.next + 1 + this.frames.ahead, this.count);
    const wanted = Array.from({ length: end - this.next }, (_, i) => this.next + i);
    this.frames.want(wanted);
    for (const index of wanted.slice(0, this.screen.capacity)) {
      const frame = this.prepared.has(index) ? null : this.frames.get(index);
      if (!frame) continue;
      this.prepared.add(index);
      if (frame.mime !== 'image/png') this.reject(new Error(`a frame came as ${frame.mime}`));
      this.kept[index] = frame;
      this.screen.prepare(index, frame).then((decoded) => {
        if (decoded) this.frames.decoded(frame.mime, decoded.took, decoded.pixels);
        this.draw(index);
      }, this.reject);
    }
  }

  draw(index) {
    this.decoded.add(index);
    if (index !== this.next) return;
    while (this.decoded.has(this.next)) {
      this.screen.draw(this.next);
      look(this.context);
      this.next += 1;
    }
    const near = Array.from({ length: this.screen.capacity }, (_, i) => this.next + i);
    this.screen.keep(new Set(near));
    if (this.next < this.count) this.advance();
    else this.resolve();
  }

  close() {
    this.frames.close();
    this.screen.keep(new Set());
  }
}

/** Tell pictures apart by what is drawn, and where. */
async function fingerprint({ blob, part }) {
  const blobs = part ? [blob, part.backdrop] : [blob];
  const hashes = await Promise.all(blobs.map(async (one) => hash(await one.arrayBuffer())));
  return [...hashes, part?.x, part?.y].join();
}

/** @returns what it took, and what to tell from that all of it was really drawn */
async function pybridgeFilm(name, count) {
  const projector = new Projector(name, count);
  await projector.open();
  const ms = await projector.play();
  const { canvas, kept, frames } = projector;
  const pictures = await Promise.all(kept.map(fingerprint));
  const files = new Set(kept.flatMap(({ blob, part }) => (part ? [blob, part.backdrop] : [blob])));
  const bytes = [...files].reduce((sum, blob) => sum + blob.size, 0);
  const { calls } = frames;
  projector.close();
  return {
    ms,
    drawn: projector.next,
    distinct: new Set(pictures).size,
    size: [canvas.width, canvas.height],
    bytes,
    calls,
  };
}

/** Decode and draw frames that are there already. @returns ms a frame; and pixels' hashes */
async function pybridgeAgain(name, count, looked) {
  const projector = new Projector(name, count);
  await projector.open();
  await projector.play();
  const { kept, context, screen } = projector;
  screen.keep(new Set());
  const show = async (index) => {
    await screen.prepare(index, kept[index]);
    screen.draw(index);
    look(context);
    screen.keep(new Set());
  };
  const begin = performance.now();
  for (let index = 0; index < count; index++) await show(index);
  const ms = (performance.now() - begin) / count;
  const hashes = [];
  for (const index of looked) {
    await show(index);
    const { width, height } = projector.canvas;
    hashes.push(await hash(context.getImageData(0, 0, width, height).data));
  }
  projector.close();
  return { ms, hashes };
}

/** @type {Projector | null} */
let rolling = null;

/** Play the next frames of a long animation. @returns ms a frame */
async function roll(name, more) {
  if (!rolling) {
    rolling = new Projector(name, 0);
    await rolling.open();
  }
  rolling.count += more;
  const ms = await rolling.play();
  rolling.prepared.clear();
  rolling.decoded.clear();
  rolling.kept.length = 0;
  return ms / more;
}

// -- the others -----------------------------------------------------------------------------------

/** The way of 2013: text, one frame at a time. */
async function oldFilm(count) {
  const canvas = newCanvas();
  canvas.width = 640;
  canvas.height = 480;
  const context = canvas.getContext('2d');
  let bytes = 0;
  const begin = performance.now();
  for (let index = 0; index < count; index++) {
    const text = (await bare(`old.png(${index})`)).slice(1, -1);
    bytes += text.length;
    const image = new Image();
    image.src = `data:image/png;base64,${text}`;
    await image.decode();
    context.drawImage(image, 0, 0);
    look(context);
  }
  return {
    ms: performance.now() - begin,
    drawn: count,
    size: [canvas.width, canvas.height],
    bytes,
  };
}

/** Let a picture be shown as soon as it is there, not with the screen's next one. */
function unpaced(body) {
  const paced = window.requestAnimationFrame;
  const { port1, port2 } = new MessageChannel();
  const waiting = [];
  port1.onmessage = () => waiting.shift()(performance.now());
  window.requestAnimationFrame = (callback) => {
    waiting.push(callback);
    port2.postMessage(null);
    return 0;
  };
  return body().finally(() => {
    window.requestAnimationFrame = paced;
  });
}

/** After so long without a picture no more will come, in ms. */
const QUIET = 3000;

/** jupyter_rfb: a picture is drawn when its element has loaded it, unless the next came first. */
async function rfbFilm(count) {
  const image = document.querySelector('img.renderview-view');
  // It may be on the way out already: then there is nothing to wait for.
  await image.decode().catch(() => {});
  let came = 0;
  let drawn = 0;
  const sources = new MutationObserver((records) => {
    came += records.length;
  });
  sources.observe(image, { attributeFilter: ['src'] });
  const begin = performance.now();
  let end = begin;
  let load;
  let quiet;
  await new Promise((resolve, reject) => {
    load = () => {
      drawn += 1;
      end = performance.now();
      clearTimeout(quiet);
      if (came >= count) resolve();
      else quiet = setTimeout(resolve, QUIET);
    };
    image.addEventListener('load', load);
    run(`widget.film(${count})`).catch(reject);
  });
  image.removeEventListener('load', load);
  sources.disconnect();
  // The picture that was there before may have been loaded only now.
  drawn = Math.min(drawn, count);
  return { ms: end - begin, drawn, size: [image.naturalWidth, image.naturalHeight] };
}

/** ipympl: a frame is drawn when its canvas is, unless the next came first. */
async function ipymplFilm(count, push) {
  const { drawImage } = CanvasRenderingContext2D.prototype;
  const models = await Promise.all(Object.values(await kernel.widget_manager._models));
  const model = models.find((one) => one.name === 'MPLCanvasModel' && one.comm_live);
  let came = 0;
  let drawn = 0;
  let acknowledged = 0;
  let size = [];
  const receive = (_, buffers) => {
    if (buffers?.length > 0) came += 1;
  };
  model.on('msg:custom', receive);
  const begin = performance.now();
  try {
    await new Promise((resolve, reject) => {
      CanvasRenderingContext2D.prototype.drawImage = function (...args) {
        drawImage.apply(this, args);
        if (!this.canvas.isConnected || args[0] !== model.offscreen_canvas) return;
        drawn += 1;
        size = [this.canvas.width, this.canvas.height];
        if (push) for (; acknowledged < came; acknowledged++) model.send_message('ack');
        if (came === count) resolve();
      };
      run(`ipympl.film(${count}, push=${push})`).catch(reject);
    });
    return { ms: performance.now() - begin, drawn, size };
  } finally {
    model.off('msg:custom', receive);
    CanvasRenderingContext2D.prototype.drawImage = drawImage;
  }
}

window.films = {
  run,
  pybridge: pybridgeFilm,
  again: pybridgeAgain,
  roll,
  old: oldFilm,
  rfb: (count, fast) => (fast ? unpaced(() => rfbFilm(count)) : rfbFilm(count)),
  ipympl: ipymplFilm,
};
