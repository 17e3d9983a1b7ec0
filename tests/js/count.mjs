/** Counts times in a histogram: a list of ms in, what the histogram tells out. */

import { newPage } from './amd.mjs';
import { serve } from './lines.mjs';

const { Histogram } = newPage()('histogram');

await serve((times) => {
  const histogram = new Histogram();
  for (const took of times) histogram.add(took);
  return histogram.summary;
});
