/** The player's controls as elements: made here, wired in player.js. */
'use strict';

define(['./elements', './icons', './playback'], function (
  /** @type {import('./internal').ElementsModule} */ { element },
  /** @type {import('./internal').IconsModule} */ { icon },
  /** @type {import('./internal').PlaybackModule} */ { MODES },
) {
  /** What each button does, and the key that does the same. @type {readonly [string, string, string][]} */
  const BUTTONS = [
    ['first', 'First frame', 'Home'],
    ['previous', 'Previous frame', '←'],
    ['reverse', 'Play backwards', 'Shift+Space'],
    ['pause', 'Pause', 'Space'],
    ['play', 'Play', 'Space'],
    ['next', 'Next frame', '→'],
    ['last', 'Last frame', 'End'],
  ];

  const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4, 8];

  /** @type {Record<string, string>} */
  const MODE_NAMES = { loop: 'Loop', once: 'Once', reflect: 'Reflect' };

  /** @param {readonly [string, string, string]} spec */
  function button([action, name, key]) {
    const title = key ? `${name} (${key})` : name;
    return element(
      'button',
      { type: 'button', 'data-action': action, 'aria-label': name, title },
      icon(action),
    );
  }

  /** @param {string} label what the animation shows, in words */
  function makeControls(label) {
    const canvas = element('canvas', { role: 'img', 'aria-label': label });
    const slider = element('input', {
      type: 'range',
      class: 'pybridge-slider',
      min: '0',
      max: '0',
      step: '1',
      value: '0',
      'aria-label': 'Frame',
    });
    const place = element('output', { class: 'pybridge-place', 'aria-live': 'off' });
    const mode = element(
      'select',
      { 'aria-label': 'At the end', title: 'At the end (L)' },
      ...MODES.map((name) => element('option', { value: name }, MODE_NAMES[name] ?? name)),
    );
    const speed = element(
      'select',
      { 'aria-label': 'Speed', title: 'Speed (+ and −)' },
      ...SPEEDS.map((times) => element('option', { value: String(times) }, `${times}×`)),
    );
    const rate = element('input', {
      type: 'number',
      class: 'pybridge-rate',
      min: '0.1',
      max: '1000',
      step: 'any',
      'aria-label': 'Frames per second',
      title: 'Frames per second',
    });
    const info = button(['info', 'Figures', '']);
    info.setAttribute('aria-expanded', 'false');
    const full = button(['full', 'Full screen', 'F']);
    const again = element('button', { type: 'button', 'data-action': 'restart' }, 'Start over');
    const text = element('span');
    const note = element('p', { class: 'pybridge-note', role: 'status', hidden: '' }, text, again);
    const trace = element('pre', {
      class: 'pybridge-trace',
      role: 'alert',
      tabindex: '0',
      hidden: '',
    });
    const panel = element('div', {
      class: 'pybridge-params',
      role: 'group',
      'aria-label': 'Parameters',
    });
    // A timer: it is not read aloud each second.
    const busy = element('output', { class: 'pybridge-busy', role: 'timer', hidden: '' });
    const picture = element('div', { class: 'pybridge-picture' }, canvas, busy);
    const options = element(
      'div',
      { class: 'pybridge-options' },
      mode,
      speed,
      element('label', {}, rate, ' fps'),
      info,
      full,
    );
    const bar = element(
      'div',
      { class: 'pybridge-bar', role: 'toolbar', 'aria-label': 'Playback' },
      element('div', { class: 'pybridge-buttons' }, ...BUTTONS.map(button)),
      place,
      options,
    );
    return {
      canvas,
      slider,
      place,
      busy,
      mode,
      speed,
      rate,
      info,
      full,
      note,
      text,
      again,
      trace,
      panel,
      picture,
      options,
      bar,
    };
  }

  return { makeControls, SPEEDS };
});
