/** A line of JSON in, a line of JSON out: how Python's tests talk to a node process. */

import { createInterface } from 'node:readline';

/** @param {(question: any) => any} answer may be a promise; what it throws is the answer's error */
export async function serve(answer) {
  for await (const line of createInterface({ input: process.stdin })) {
    let answered;
    try {
      answered = await answer(JSON.parse(line));
    } catch (error) {
      answered = { error: String(error), code: error.code };
    }
    process.stdout.write(`${JSON.stringify(answered)}\n`);
  }
}

/** @param {string[]} hex @returns {DataView[]} */
export const toViews = (hex) =>
  hex.map((digits) => new DataView(Uint8Array.from(Buffer.from(digits, 'hex')).buffer));

/** @param {ArrayBuffer[]} buffers @returns {string[]} */
export const toHex = (buffers) => buffers.map((buffer) => Buffer.from(buffer).toString('hex'));
