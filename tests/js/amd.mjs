/**
 * Loads the browser's AMD modules into node, with stand-ins for some of them.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

// What browsers have and node has not, and nothing here is.
globalThis.NodeList ??= class NodeList {};
globalThis.HTMLCollection ??= class HTMLCollection {};

/** What a module gets that asks for the loader itself. */
const REQUIRE = { toUrl: (path) => path };

const FOLDER = new URL('../../nbext/', import.meta.url);

/**
 * Make a page of its own: modules keep state, so each test has its own set of them.
 * @param {Record<string, unknown>} [standIns] modules by name, such as `host`
 * @returns {(name: string) => any} loads a module by its name, such as `codec`
 */
export function newPage(standIns = {}) {
  const modules = new Map(Object.entries({ require: REQUIRE, ...standIns }));
  return function load(name) {
    if (!modules.has(name)) modules.set(name, evaluate(name, load));
    return modules.get(name);
  };
}

function evaluate(name, load) {
  const filename = fileURLToPath(new URL(`${name}.js`, FOLDER));
  let exported;
  globalThis.define = (dependencies, factory) => {
    exported = factory(...dependencies.map((dependency) => load(dependency.replace('./', ''))));
  };
  vm.runInThisContext(readFileSync(filename, 'utf8'), { filename });
  return exported;
}
