/** A plot in a cell: how it comes to be connected to the kernel. */

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { newPage } from './amd.mjs';
import { settled } from './fake_host.mjs';
import { elements } from './page_elements.mjs';

/** The kernel's end, which the test plays. */
class Origin {
  asked = [];
  handle = null;

  constructor() {
    origin = this;
  }

  attach({ gone }) {
    this.gone = gone;
    return new Promise((resolve, reject) => this.asked.push({ resolve, reject }));
  }

  onConnected(listener) {
    this.connected = listener;
    return () => (this.connected = undefined);
  }

  close() {}
}

const { Plot } = newPage({
  elements,
  origin: { Origin },
  icons: {},
  params: { Params: class {} },
  theme: {},
})('plot');

let origin;

describe('a plot', () => {
  let plot;
  let note;

  beforeEach(() => {
    note = { textContent: '', hidden: true };
    const parts = { img: { alt: 'y = x' }, '.pybridge-note': note };
    plot = new Plot({ isConnected: true, querySelector: (css) => parts[css] });
    plot.dress = () => {};
    plot.draw = () => plot.complain('');
    void plot.open();
  });

  const refuse = async (code) => {
    origin.asked.at(-1).reject(Object.assign(new Error('no'), { code }));
    await settled();
  };

  test('is connected once there is a connection, where at first there was none', async () => {
    await refuse('disconnected');
    assert.equal(note.hidden, false);
    origin.connected();
    assert.equal(origin.asked.length, 2);
    origin.asked[1].resolve({ parameters: [] });
    await settled();
    assert.equal(note.hidden, true);
  });

  test('asks once, whatever the connection does meanwhile and after', async () => {
    origin.connected();
    assert.equal(origin.asked.length, 1);
    origin.asked[0].resolve({ parameters: [] });
    await settled();
    origin.connected();
    assert.equal(origin.asked.length, 1);
  });

  test('whose picture could not be had asks for it once the connection is back', async () => {
    origin.asked[0].resolve({ parameters: [] });
    await settled();
    delete plot.draw;
    plot.fetch = async () => {
      throw new Error('the connection is lost');
    };
    await plot.draw();
    assert.match(note.textContent, /the connection is lost/);
    plot.fetch = async () => {};
    origin.connected();
    await settled();
    assert.equal(note.hidden, true);
    plot.fetch = () => assert.fail('it is there');
    origin.connected();
  });

  test('goes on from the first view although its picture is not there yet', async () => {
    const box = [0, 0, 100, 100];
    const PICTURE = { width: 100, height: 100, box, bitmap: {} };
    Object.assign(plot, {
      canvas: { getBoundingClientRect: () => ({ width: 100, height: 100 }) },
      shown: { ...PICTURE, x: [100, 101], y: [0, 1] },
      home: { x: [-10, 10], y: [-5, 5] },
      wanted: { x: [100, 101], y: [0, 1] },
      paint() {},
    });
    plot.act('home');
    plot.act('closer');
    assert.deepEqual(plot.wanted, { x: [-8, 8], y: [-4, 4] });
  });

  test('tells values as exactly as they can be seen', () => {
    let told;
    plot.readout = { replaceChildren: (...parts) => (told = parts) };
    plot.wanted = { x: [12345, 12346], y: [0, 2e8] };
    plot.points = [{ label: 'y', x: 12345.12345, y: 152400123.5, color: 'red' }];
    plot.tell(12345.12345);
    assert.deepEqual(
      told.map((part) => part.textContent),
      ['x = 12345.123', 'y: 152400000'],
    );
  });

  test('whose kernel is gone stays as it is', async () => {
    origin.gone();
    await refuse('restarted');
    origin.connected();
    assert.equal(origin.asked.length, 1);
    assert.match(note.textContent, /run the cell again/);
  });

  test('that is gone from the page asks no more', async () => {
    await refuse('disconnected');
    plot.close();
    assert.equal(origin.connected, undefined);
  });
});
