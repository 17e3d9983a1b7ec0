/** Elements made by hand: text is text, never markup. */
'use strict';

define([], function () {
  /**
   * @template {keyof HTMLElementTagNameMap} Tag
   * @param {Tag} tag
   * @param {Record<string, string>} [attributes]
   * @param {(Node | string)[]} children
   * @returns {HTMLElementTagNameMap[Tag]}
   */
  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  /**
   * Take the focus out of a part that is about to go: from nowhere, keys would reach the notebook.
   * @param {HTMLElement} part
   * @param {HTMLElement} next has it then
   */
  function passFocus(part, next) {
    if (part.contains(document.activeElement)) next.focus({ preventScroll: true });
  }

  return { element, passFocus };
});
