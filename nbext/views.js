/** What a cell shows of a model: a template's elements bound to it, or what a module renders. */
'use strict';

define(['./codec', './host', './journal', './models', './bindings', './elements'], function (
  /** @type {import('./internal').CodecModule} */ codec,
  /** @type {import('./internal').HostModule} */ host,
  /** @type {import('./internal').JournalModule} */ journal,
  /** @type {import('./internal').ModelsModule} */ { Model, pageModel, ready, leave },
  /** @type {import('./internal').BindingsModule} */ { bind, write },
  /** @type {import('./internal').ElementsModule} */ { element },
) {
  /** How long a view waits for the kernel before it says so, in ms. */
  const PATIENCE = 1000;

  /** More is not kept in the notebook, in bytes; as in pybridge/state/view.py. */
  const KEPT = 64 * 1024;

  /** @type {Record<string, string>} */
  const NOTES = {
    opening: 'The kernel has not answered yet: it may be busy. As it was last.',
    waiting: 'The connection to the kernel is lost. Changes are kept until it is back.',
    gone: 'As it was last: its kernel is gone. To go on with it, run the cell again.',
    closed: 'As it was last: the model was closed. To go on with it, run the cell again.',
  };

  /** Modules by their source. @type {Map<string, Promise<any>>} */
  const modules = new Map();
  /** Modules' initialisations of models, with what ends them. @type {Map<string, Promise<unknown>>} */
  const initialised = new Map();

  /** @param {string} source @returns {Promise<any>} what it exports by default */
  function load(source) {
    const known = modules.get(source);
    if (known) return known;
    const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    const loading = import(url)
      .then(async ({ default: found }) => (typeof found === 'function' ? await found() : found))
      .finally(() => URL.revokeObjectURL(url));
    modules.set(source, loading);
    loading.catch(() => modules.delete(source));
    return loading;
  }

  /** A model in one cell. */
  class View {
    /** @param {HTMLElement} root */
    constructor(root) {
      this.root = root;
      this.id = String(root.dataset.model);
      this.kept = JSON.parse(root.querySelector(':scope > script')?.textContent ?? '{}');
      this.stage = /** @type {HTMLElement} */ (root.querySelector(':scope > .pybridge-view'));
      this.note = /** @type {HTMLElement} */ (root.querySelector(':scope > .pybridge-note'));
      this.closed = false;
      /** What to do at the end. @type {(() => unknown)[]} */
      this.ends = [];
      /** Something is wrong with what the page's user or author has done. */
      this.complaint = '';
    }

    async open() {
      this.model = new Model(this.id, this, host.outputAreaOf(this.root));
      const { model } = this;
      this.preset(model);
      model.on('status', () => this.tellStatus());
      model.on('error', (error) => this.complain(error));
      model.on('change', () => this.complain(null));
      this.patience = setTimeout(() => this.tellStatus(), PATIENCE);
      this.note.hidden = true;
      this.root.dataset.status = 'live';
      this.keep(model);
      try {
        // Without a state that was kept there is nothing to show before it is here.
        if (model.keys().length === 0) await ready(model);
        if (!this.closed) await this.show(model);
      } catch (error) {
        // Of the author's own code: the note says what, this says where.
        console.warn("pybridge: a model's view", error);
        this.complain(error);
      }
    }

    /** @param {import('./internal').PageModel} model */
    preset(model) {
      const { state, buffers, revision } = this.kept;
      if (typeof state !== 'string') return;
      const adopt = (/** @type {any} */ tree) => pageModel(tree.id);
      try {
        const views = buffers.map((/** @type {string} */ text) => new DataView(fromBase64(text)));
        model.replica.preset(codec.decode(state, views, adopt), revision);
      } catch (error) {
        // It may be of another version, or damaged: the kernel may have the state.
        console.warn('pybridge: the state kept in an output cannot be read', error);
      }
    }

    /** @param {import('./internal').PageModel} model */
    async show(model) {
      if (!this.kept.module) {
        this.ends.push(bind(this.stage, model));
        return;
      }
      const module = await load(this.kept.module);
      if (this.closed) return;
      await this.initialise(module);
      if (this.closed) return;
      const el = element('div');
      this.stage.replaceChildren(el);
      const end = await module.render({ model, el });
      if (typeof end === 'function') this.ends.push(end);
      if (this.closed) this.finish();
    }

    /** Once for each model, however many cells show it. @param {any} module */
    async initialise(module) {
      if (typeof module?.render !== 'function') {
        throw new TypeError(
          "a view's module exports by default an object with a function `render`",
        );
      }
      if (!module.initialize) return;
      if (!initialised.has(this.id)) {
        // Its listeners stay as long as any view does.
        const model = new Model(this.id, this);
        const loading = Promise.resolve(module.initialize({ model }));
        initialised.set(this.id, loading);
        loading.catch(() => initialised.delete(this.id));
        model.on('status', async (status) => {
          if (status !== 'gone' && status !== 'closed') return;
          initialised.delete(this.id);
          const end = await loading;
          if (typeof end === 'function') end();
        });
      }
      await initialised.get(this.id);
    }

    tellStatus() {
      const { status } = /** @type {import('./internal').PageModel} */ (this.model);
      if (status === 'live') clearTimeout(this.patience);
      this.root.dataset.status = status;
      this.stage.inert = status === 'gone' || status === 'closed';
      this.say();
    }

    /** @param {any} error null when all is well again */
    complain(error) {
      if (!error && !this.complaint) return;
      this.complaint = error ? `${error.type ?? error.name}: ${error.message}` : '';
      if (error) journal.note(`model ${this.id}:`, error);
      this.say();
    }

    say() {
      const text = this.complaint || NOTES[String(this.root.dataset.status)] || '';
      this.note.textContent = text;
      this.note.classList.toggle('pybridge-wrong', this.complaint !== '');
      this.note.hidden = text === '';
    }

    /** Have the notebook keep the last state when it is saved. @param {import('./internal').PageModel} model */
    keep(model) {
      let isNew = false;
      // Python writes the state into an output, but not into each element that shows a trait.
      let isBare = this.stage.querySelector('[data-trait]') !== null;
      model.on('change', () => {
        if (!isNew) host.touch();
        isNew = true;
      });
      this.ends.push(
        host.onSaving(() => {
          if ((isNew || isBare) && model.keys().length > 0) this.store(model);
          isNew = isBare = false;
        }),
      );
    }

    /** @param {import('./internal').PageModel} model */
    store(model) {
      /** @type {ArrayBuffer[]} */
      const buffers = [];
      const values = Object.fromEntries(model.keys().map((name) => [name, model.get(name)]));
      const refer = (/** @type {any} */ { id }) => ({ $: 'model', id });
      const state = JSON.stringify(codec.encode(values, buffers, '$', refer));
      const size = buffers.reduce((sum, { byteLength }) => sum + byteLength, state.length);
      const isKept = size <= KEPT;
      this.kept.revision = model.replica.revision;
      this.kept.state = isKept ? state : null;
      this.kept.buffers = isKept ? buffers.map(toBase64) : [];
      host.rewriteOutput(this.root, (stored) => {
        const root = stored.querySelector(`[data-model="${CSS.escape(this.id)}"]`);
        const script = root?.querySelector(':scope > script');
        if (!root || !script) return false;
        // As Python writes it: no tag can end in it.
        script.textContent = JSON.stringify(this.kept).replace(/[<>&]/g, codePoint);
        for (const bound of root.querySelectorAll('[data-trait]')) {
          write(bound, model.get(String(bound.getAttribute('data-trait'))), { lasting: true });
        }
        return true;
      });
    }

    close() {
      this.closed = true;
      clearTimeout(this.patience);
      this.model?.off();
      this.finish();
      leave(this.id, this);
    }

    finish() {
      for (const end of this.ends.splice(0)) {
        try {
          end();
        } catch (error) {
          console.error("pybridge: the end of a model's view failed", error);
        }
      }
    }
  }

  /** @param {string} character */
  const codePoint = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

  /** @param {string} text */
  const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;

  /** @param {ArrayBuffer} buffer */
  function toBase64(buffer) {
    let text = '';
    for (const byte of new Uint8Array(buffer)) text += String.fromCharCode(byte);
    return btoa(text);
  }

  return { View };
});
