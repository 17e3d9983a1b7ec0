/** Stands in for the DOM where a module only makes elements and puts them somewhere. */

class FakeElement extends EventTarget {
  constructor(tag, attributes, children) {
    super();
    this.tag = tag;
    this.attributes = new Map(Object.entries(attributes));
    this.children = children;
    this.dataset = {};
    this.isConnected = false;
    this.textContent = children.filter((child) => typeof child === 'string').join('');
  }

  setAttribute(name, value) {
    this.attributes.set(name, value);
  }

  removeAttribute(name) {
    this.attributes.delete(name);
    if (name === 'value') this.value = undefined;
  }

  append(child) {
    this.children.push(child);
    child.parent = this;
  }

  remove() {
    this.isConnected = false;
    const siblings = this.parent?.children;
    siblings?.splice(siblings.indexOf(this), 1);
    this.parent = undefined;
  }

  click() {
    if (!this.disabled) this.dispatchEvent(new Event('click'));
  }
}

/** The module `elements`, without a document. */
export const elements = {
  element: (tag, attributes = {}, ...children) => new FakeElement(tag, attributes, children),
};
