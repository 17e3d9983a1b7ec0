/**
 * A page whose call fails, in the way that the first argument says; the test looks at what node
 * says of it. Node ends with an error when a promise is refused and nobody has taken that.
 */

import { newPage } from './amd.mjs';
import { FakeHost } from './fake_host.mjs';

const host = new FakeHost();
const load = newPage({ host });
const { request } = load('dispatch');
const { execute } = load('execute');

const ways = {
  'nobody takes it': () => request('run', {}),
  'the promise is taken': () => request('run', {}).catch(() => {}),
  'the items are taken': () => loop(request('run', {})).catch(() => {}),
  'the loop over the items is not taken': () => loop(request('run', {})),
  'onItem does not take it': () => request('run', {}, { onItem() {} }),
  'it cannot be sent': () => request('run', { code: () => 0 }),
  'execute, and nobody takes it': () => execute('', {}, {}, null),
  'execute, and a stream callback does not': () => execute('', { stream() {} }, {}, null),
  'execute, and the error callback does': () => execute('', { error() {} }, {}, null),
  'execute, and the output callback does': () => execute('', { output() {} }, {}, null),
};

async function loop(call) {
  for await (const _ of call);
}

ways[process.argv[2]]();
host.last?.busy();
if (process.argv[2].startsWith('execute')) {
  host.last.over({ status: 'error', ename: 'E', evalue: 'the error', traceback: [] });
} else host.last?.error('python', { message: 'the error' }).over();
