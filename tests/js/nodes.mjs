/** Stands in for the DOM's lists, which node does not have. */

class Nodes {
  constructor(...nodes) {
    Object.assign(this, nodes);
    this.length = nodes.length;
  }

  *[Symbol.iterator]() {
    for (let i = 0; i < this.length; i++) yield this[i];
  }
}

export class NodeList extends Nodes {}
export class HTMLCollection extends Nodes {}

Object.assign(globalThis, { NodeList, HTMLCollection });
