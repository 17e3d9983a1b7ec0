/**
 * The classic notebook's cells and what they put out, as far as the bridge deals with them; the part
 * of host.js that is about the page and not about the kernel.
 */
'use strict';

define(['base/js/namespace', 'base/js/events', 'notebook/js/outputarea'], function (
  /** @type {any} */ Jupyter,
  /** @type {any} */ events,
  /** @type {any} */ outputarea,
) {
  /** @typedef {import('./internal').OutputMessage} OutputMessage */
  /** @typedef {import('./internal').OutputArea} OutputArea */

  const append = outputarea.OutputArea.prototype.append_output;
  /** @type {OutputArea | null} */
  let rendering = null;

  // Which output area the script that runs now was put into: nothing else tells.
  outputarea.OutputArea.prototype.append_output = function appendOutput(/** @type {any} */ json) {
    const outer = rendering;
    rendering = this;
    try {
      return append.call(this, json);
    } finally {
      rendering = outer;
    }
  };

  /**
   * The output area of the cell that owns an element; without one, of the cell whose button is
   * being pressed or whose script is running right now.
   * @param {Element | null} [element]
   * @returns {OutputArea | null}
   */
  function outputAreaOf(element) {
    const target = element ?? window.event?.currentTarget ?? window.event?.target;
    const cell = target instanceof Element ? target.closest('.cell') : null;
    const owner = cell ? window.jQuery(cell).data('cell')?.output_area : null;
    return owner ?? (element ? null : rendering);
  }

  /**
   * Whether scripts may run where an element lies. What a stranger has put into a notebook is shown
   * without its scripts, and other cells' scripts must not bring it to life.
   * @param {Element} element
   */
  function isTrusted(element) {
    const cell = element.closest('.cell');
    return cell === null || window.jQuery(cell).data('cell')?.output_area?.trusted === true;
  }

  /**
   * Show an output message where a cell's own outputs are shown.
   * @param {OutputArea | null} area
   * @param {OutputMessage} message
   * @returns {boolean} whether the area is still on the page
   */
  function show(area, message) {
    if (!area?.element[0]?.isConnected) return false;
    if (message.header.msg_type === 'clear_output') area.handle_clear_output(message);
    else area.handle_output(message);
    return true;
  }

  /**
   * The output area of the cell that runs; null when no cell runs with this message, or not any more.
   * @param {string} asked id of the message that the cell was sent with
   * @returns {OutputArea | null}
   */
  function areaOf(asked) {
    const { notebook } = Jupyter;
    if (notebook?.kernel?._msg_callbacks[asked]?.iopub_done !== false) return null;
    const cells = notebook.get_cells();
    const cell = cells.find((/** @type {any} */ { last_msg_id: sent }) => sent === asked);
    return cell?.output_area ?? null;
  }

  /**
   * Show an element below what a cell has put out, where it is no part of the notebook.
   * @param {OutputArea | null} area
   * @param {HTMLElement} element
   * @returns {boolean} whether the area is still on the page
   */
  function showBelow(area, element) {
    const above = area?.wrapper[0];
    if (!above?.isConnected) return false;
    above.after(element);
    return true;
  }

  /**
   * Have something called before the notebook is saved; gives the function that ends it.
   * @param {() => void} listener
   */
  function onSaving(listener) {
    events.on('before_save.Notebook', listener);
    return () => events.off('before_save.Notebook', listener);
  }

  /**
   * Change what a saved notebook holds of the cell that an element lies in.
   * @param {Element} element
   * @param {(stored: HTMLElement) => boolean} change whether it has changed one of its outputs
   */
  function rewriteOutput(element, change) {
    for (const { data = {} } of outputAreaOf(element)?.outputs ?? []) {
      const html = data['text/html'];
      if (html === undefined) continue;
      const text = Array.isArray(html) ? html.join('') : html;
      // A document that is not shown: nothing in it runs. Styles at the beginning would go into a head.
      const { body } = new DOMParser().parseFromString(`<body>${text}`, 'text/html');
      if (change(body)) data['text/html'] = body.innerHTML;
    }
  }

  return {
    outputAreaOf,
    isTrusted,
    areaOf,
    show,
    showBelow,
    onSaving,
    rewriteOutput,
    /** Let the notebook know that there is something to be saved. */
    touch: () => void Jupyter.notebook?.set_dirty(true),
  };
});
