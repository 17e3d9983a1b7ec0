/** Whether the page is dark: themes of the notebook do not follow the system's. */
'use strict';

define([], function () {
  /**
   * @param {Element} element
   * @returns {'dark' | 'light'} as the page behind it is
   */
  function themeOf(element) {
    for (let at = /** @type {Element | null} */ (element); at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor.match(/[\d.]+/g) ?? [];
      const [red = 255, green = 255, blue = 255, alpha = 1] = colour.map(Number);
      if (alpha > 0) return 0.299 * red + 0.587 * green + 0.114 * blue < 128 ? 'dark' : 'light';
    }
    return 'light';
  }

  return { themeOf };
});
