/** Controls for an animation's live parameters; see pybridge/animation/params.py. */
'use strict';

define(['./elements', './numbers'], function (
  /** @type {import('./internal').ElementsModule} */ { element },
  /** @type {import('./internal').NumbersModule} */ { inRange },
) {
  /** @typedef {import('./internal').Param} Param */
  /** @typedef {{param: Param, input: HTMLInputElement | HTMLSelectElement, shown: HTMLOutputElement}} Field */

  /** How each kind of parameter looks. @type {Record<Param['kind'], (param: Param) => Field['input']>} */
  const INPUTS = {
    slider({ low = 0, high = 1, step }) {
      const [min, max] = [String(low), String(high)];
      return element('input', { type: 'range', min, max, step: String(step ?? 'any') });
    },
    choice: ({ options = [] }) =>
      element('select', {}, ...options.map((name) => element('option', { value: name }, name))),
    toggle: () => element('input', { type: 'checkbox' }),
    text: () => element('input', { type: 'text' }),
  };

  /** @param {Field['input']} input */
  function read(input) {
    if (input.type === 'checkbox') return /** @type {HTMLInputElement} */ (input).checked;
    return input.type === 'range' ? Number(input.value) : input.value;
  }

  /** @param {Field['input']} input @param {unknown} value */
  function write(input, value) {
    if (input.type === 'checkbox') /** @type {HTMLInputElement} */ (input).checked = Boolean(value);
    else input.value = String(value ?? '');
  }

  /** Say a number that a slider only points at, which may be beyond its ends. @param {Field} field @param {unknown} value */
  function label({ param: { kind, low = 0, high = 1 }, shown }, value) {
    if (kind === 'slider') shown.value = inRange(Number(value), low, high);
  }

  class Params {
    /**
     * @param {HTMLElement} panel where the controls go
     * @param {(changes: Record<string, unknown>) => Promise<unknown>} send
     */
    constructor(panel, send) {
      this.panel = panel;
      this.send = send;
      /** As the kernel has them. @type {readonly Param[]} */
      this.known = [];
      /** @type {Map<string, Field>} */
      this.fields = new Map();
      /** @type {Map<string, unknown>} what was changed and not sent yet, the latest value of each */
      this.changed = new Map();
      /** @type {Map<string, unknown> | null} the changes on the way */
      this.sent = null;
    }

    /** Show the parameters as the kernel has them. @param {readonly Param[]} params */
    update(params) {
      this.known = params;
      for (const param of params) {
        const field = this.fields.get(param.name) ?? this.add(param);
        // What the viewer is changing right now is newer than what the kernel says.
        if (this.changed.has(param.name) || this.sent?.has(param.name)) continue;
        write(field.input, param.value);
        label(field, param.value);
      }
      this.panel.hidden = this.fields.size === 0;
    }

    /** @param {Param} param */
    add(param) {
      const { name } = param;
      const field = { param, input: INPUTS[param.kind](param), shown: element('output') };
      field.input.setAttribute('name', name);
      field.input.addEventListener('input', () => {
        const value = read(field.input);
        this.changed.set(name, value);
        label(field, value);
        void this.flush();
      });
      this.fields.set(name, field);
      this.panel.append(element('label', {}, element('span', {}, name), field.input, field.shown));
      return field;
    }

    /** Send changes one after the other: while one is on the way, only the latest values are kept. */
    async flush() {
      if (this.sent) return;
      while (this.changed.size > 0) {
        this.sent = this.changed;
        this.changed = new Map();
        const refused = await this.send(Object.fromEntries(this.sent)).then(
          () => false,
          () => true,
        );
        this.sent = null;
        // Why is said elsewhere; here it is as it was.
        if (refused) this.update(this.known);
      }
    }
  }

  return { Params };
});
