/** The one place in the browser where the version is written down; a test holds it to Python's. */
'use strict';

define([], function () {
  return { VERSION: '0.1.0', PROTOCOL: 1 };
});
