/** Decodes each value and encodes it again: `{text, buffers}` in, the same out. */

import { newPage } from './amd.mjs';
import { serve, toHex, toViews } from './lines.mjs';

const codec = newPage()('codec');

await serve(({ text, buffers }) => {
  const value = codec.decode(text, toViews(buffers));
  const sent = [];
  const tree = codec.encode(value, sent);
  const halves = typeof Float16Array !== 'undefined';
  return { text: JSON.stringify(tree), buffers: toHex(sent), halves };
});
