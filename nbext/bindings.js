/** Elements with `data-trait`: they show a trait of a model, and change it where they can. */
'use strict';

define([], function () {
  /** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Field */

  /** @param {Element} element @returns {element is Field} */
  const isField = (element) => ['INPUT', 'SELECT', 'TEXTAREA'].includes(element.tagName);

  const NUMBERS = new Set(['number', 'range']);
  const AT_ONCE = new Set(['checkbox', 'radio', 'range', 'color', 'select-one', 'select-multiple']);

  /** What is half typed may be no value that the model takes. @param {Field} field */
  const isTyped = ({ type }) => !AT_ONCE.has(type);

  /**
   * Show a value in an element.
   * @param {Element} element
   * @param {any} value
   * @param {{lasting?: boolean}} [options] lasting: in the markup, and not only on the screen
   */
  function write(element, value, { lasting = false } = {}) {
    if (!isField(element)) {
      element.textContent = textOf(value);
      return;
    }
    if (element.type === 'checkbox') mark(element, 'checked', value === true, lasting);
    else if (element.type === 'radio')
      mark(element, 'checked', element.value === String(value), lasting);
    else if (element.tagName === 'SELECT') choose(element, String(value), lasting);
    else if (lasting && element.tagName === 'TEXTAREA') element.textContent = textOf(value);
    else if (lasting) element.setAttribute('value', textOf(value));
    // Else the caret would jump while somebody types.
    else if (element.value !== textOf(value)) element.value = textOf(value);
  }

  /** @param {any} element @param {'checked' | 'selected'} property @param {boolean} is @param {boolean} lasting */
  function mark(element, property, is, lasting) {
    if (lasting) element.toggleAttribute(property, is);
    else element[property] = is;
  }

  /** @param {Element} element @param {string} value @param {boolean} lasting */
  function choose(element, value, lasting) {
    for (const option of element.querySelectorAll('option')) {
      mark(option, 'selected', option.value === value, lasting);
    }
  }

  /** @param {any} value */
  function textOf(value) {
    if (value === null || value === undefined) return '';
    if (typeof value !== 'object') return String(value);
    if (ArrayBuffer.isView(value.data))
      return `array of ${value.dtype} [${value.shape.join(' × ')}]`;
    if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
    if (value instanceof Date) return value.toLocaleString();
    if (value instanceof Set) return JSON.stringify([...value]);
    return JSON.stringify(value);
  }

  /**
   * What the user has entered; undefined for what is no value of its kind yet.
   * @param {Field} field
   * @returns {unknown}
   */
  function read(field) {
    if (field.type === 'checkbox') return /** @type {HTMLInputElement} */ (field).checked;
    if (!NUMBERS.has(field.type)) return field.value;
    const number = /** @type {HTMLInputElement} */ (field).valueAsNumber;
    return Number.isNaN(number) ? undefined : number;
  }

  /**
   * Bind the elements below a root to a model; gives the function that ends it.
   * @param {Element} root
   * @param {import('./pybridge').Model} model
   */
  function bind(root, model) {
    const abort = new AbortController();
    for (const element of root.querySelectorAll('[data-trait]')) {
      const name = String(element.getAttribute('data-trait'));
      const show = () => write(element, model.get(name));
      show();
      model.on(`change:${name}`, show);
      abort.signal.addEventListener('abort', () => model.off(`change:${name}`, show));
      if (!isField(element)) continue;
      const take = () => {
        const value = read(element);
        if (value === undefined) return;
        model.set(name, value);
        void model.save();
      };
      // The keys that edit text are none of the notebook's.
      element.addEventListener('keydown', (event) => event.stopPropagation(), abort);
      element.addEventListener(isTyped(element) ? 'change' : 'input', take, abort);
    }
    return () => abort.abort();
  }

  return { bind, write };
});
