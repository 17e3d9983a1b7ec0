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

  return { element };
});
