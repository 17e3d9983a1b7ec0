/** What the page would execute in the kernel: `{op, fields}` in, `{code, buffers}` out. */

import { newPage } from './amd.mjs';
import { FakeHost } from './fake_host.mjs';
import { serve, toHex } from './lines.mjs';

await serve(async ({ op, fields }) => {
  const host = new FakeHost();
  const { request } = newPage({ host })('dispatch');
  request(op, fields).catch(() => {});
  await null;
  const { code, buffers } = host.sent[0].message;
  host.lose('dead');
  return { code, buffers: toHex(buffers) };
});
