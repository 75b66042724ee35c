import type { Config } from '../config.js';
import { GelqlError } from '../errors.js';
import type { WorkerTerms } from './lane-worker.js';
import type { Overrun } from './usage-watch.js';

/** The largest picture that is accepted, twice over as four floats a pixel, beside Node and the library. */
const BYTES_PER_PIXEL = 32;
const BASE_BYTES = 512 * 1024 * 1024;
/** On a clock: far beyond the processor time, which a busy machine gives slowly. Only what waits for ever meets it. */
const WALL_FACTOR = 60;

/** What the decode of one picture may take before its process is ended. */
export function decodeLimits({
  maxDecodeSeconds,
  maxPixels,
}: Pick<Config, 'maxDecodeSeconds' | 'maxPixels'>): Required<Pick<WorkerTerms, 'limits' | 'explainOverrun'>> {
  const residentBytes = BASE_BYTES + BYTES_PER_PIXEL * maxPixels;
  return {
    limits: {
      processorSeconds: maxDecodeSeconds,
      residentBytes,
      wallSeconds: WALL_FACTOR * maxDecodeSeconds,
    },
    explainOverrun: ({ resource, limit }) =>
      new GelqlError(
        'PICTURE_TOO_COSTLY',
        `The picture takes more than ${formatLimit(resource, limit)} to decode.`,
        {
          facts: { resource, limit },
        },
      ),
  };
}

function formatLimit(resource: Overrun['resource'], limit: number): string {
  switch (resource) {
    case 'processorSeconds':
      return `${limit} s of processor time`;
    case 'residentBytes':
      return `${Math.round(limit / 1024 / 1024)} MB of memory`;
    case 'wallSeconds':
      return `${limit} s`;
  }
}
