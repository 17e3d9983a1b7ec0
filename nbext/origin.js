/** The kernel's end of what a cell shows, as one view of it sees it. */
'use strict';

define(['./bridge', './dispatch', './host', './losses'], function (
  /** @type {import('./internal').BridgeModule} */ { connect },
  /** @type {import('./internal').DispatchModule} */ { subscribe },
  /** @type {import('./internal').HostModule} */ host,
  /** @type {import('./internal').LossesModule} */ { isEnd },
) {
  class Origin {
    /** @param {HTMLElement} root what the kernel has shown; it names its handle */
    constructor(root) {
      this.root = root;
      this.name = root.dataset.handle ?? '';
      this.view = Array.from(crypto.getRandomValues(new Uint32Array(2)), (n) =>
        n.toString(36),
      ).join('');
      /** @type {import('./pybridge').PythonHandle | null} */
      this.handle = null;
      /** @type {(() => void)[]} */
      this.cleanups = [];
    }

    /**
     * Come forward as a view.
     * @param {import('./internal').OriginListener} listener
     * @returns {Promise<any>} what the kernel says to a new view
     */
    async attach({ heard = () => {}, gone = () => {}, waiting = () => {} }) {
      this.end();
      const py = await connect({ element: this.root });
      this.handle = py.handle(this.name);
      // The page may be loaded again: what the kernel has is kept for the view it makes then.
      const leave = () => this.detach(true);
      addEventListener('pagehide', leave);
      this.cleanups.push(
        () => removeEventListener('pagehide', leave),
        subscribe(this.name, heard),
        host.listen((event) => {
          if (!isEnd(event)) return;
          // Others may have the name in the next process.
          this.end();
          this.handle = null;
          gone();
        }),
      );
      return this.handle.call('attach', [this.view], {}, { repeatable: true, onBusy: waiting });
    }

    /** Have something called each time that the kernel is there. @param {() => void} listener */
    onConnected(listener) {
      return host.listen(({ type }) => {
        if (type === 'connected') listener();
      });
    }

    /**
     * Change what the notebook has saved of this view.
     * @param {(stored: HTMLElement) => void} change gets a copy of its root
     */
    rewrite(change) {
      host.rewriteOutput(this.root, (body) => {
        const stored = body.querySelector(`[data-handle="${CSS.escape(this.name)}"]`);
        if (!(stored instanceof HTMLElement)) return false;
        change(stored);
        return true;
      });
      host.touch();
    }

    /** Tell the kernel that this view is gone. @param {boolean} keep whether it may come again */
    detach(keep) {
      // The kernel may be gone as well; then there is nothing to let go of.
      // Of a page that is left, the side lane is closed at once.
      const options = { lane: /** @type {const} */ ('main') };
      void this.handle?.call('detach', [this.view, keep], {}, options).catch(() => {});
    }

    end() {
      for (const cleanup of this.cleanups.splice(0)) cleanup();
    }

    close() {
      this.end();
      this.detach(false);
    }
  }

  return { Origin };
});
