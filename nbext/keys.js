/** What the player's keys mean. */
'use strict';

define([], function () {
  /** The action behind a key. @type {Record<string, string>} */
  const KEYS = {
    ArrowLeft: 'previous',
    ArrowRight: 'next',
    Home: 'first',
    End: 'last',
    '+': 'faster',
    '-': 'slower',
    l: 'mode',
    f: 'full',
  };

  /**
   * What a key asks for. Those of the notebook's command mode must not reach it from a player.
   * @param {KeyboardEvent} event
   * @param {boolean} playing
   * @returns {string | null} an action, or null
   */
  function actionOf(event, playing) {
    const { target, key } = event;
    // Saving the notebook and the like.
    if (event.ctrlKey || event.metaKey || event.altKey) return null;
    event.stopPropagation();
    if (isTaken(target, key)) return null;
    const start = event.shiftKey ? 'reverse' : 'play';
    const play = playing ? 'pause' : start;
    const action = key === ' ' ? play : KEYS[key.length === 1 ? key.toLowerCase() : key];
    if (!action) return null;
    event.preventDefault();
    return action;
  }

  /** Whether a key means something to the control that has the focus. @param {EventTarget | null} target @param {string} key */
  function isTaken(target, key) {
    // It is scrolled with them.
    if (target instanceof Element && target.closest('.pybridge-trace')) return true;
    if (target instanceof HTMLSelectElement) return true;
    if (target instanceof HTMLInputElement) {
      if (target.type === 'range') return /^(Arrow|Page|Home|End)/.test(key);
      return target.type !== 'checkbox' || key === ' ';
    }
    const pressed = target instanceof Element && target.closest('button, summary') !== null;
    return pressed && (key === ' ' || key === 'Enter');
  }

  return { actionOf };
});
