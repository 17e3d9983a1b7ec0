/** What a tab keeps from page to page. */

export class FakeStorage {
  constructor(entries = {}) {
    this.entries = new Map(Object.entries(entries));
  }

  getItem(name) {
    return this.entries.get(name) ?? null;
  }

  setItem(name, value) {
    this.entries.set(name, value);
  }

  removeItem(name) {
    this.entries.delete(name);
  }
}
