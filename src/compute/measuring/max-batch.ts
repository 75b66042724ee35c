import type { Timing } from './measure-session.js';

/** A larger batch has to serve this share of pictures more in the same time: its last picture waits for all of them. */
const NOTICEABLE_GAIN = 0.05;

/**
 * The smallest measured batch beyond which pictures per second grow no more than noticeably. That memory bounds the
 * batch is in the sizes that are measured.
 * @param timings of one engine and backbone, at least one
 */
export function findMaxBatch(timings: readonly Timing[]): number {
  const best = Math.min(...timings.map(({ msPerPicture }) => msPerPicture));
  const enough = timings.filter(({ msPerPicture }) => msPerPicture <= best * (1 + NOTICEABLE_GAIN));
  return Math.min(...enough.map(({ batchSize }) => batchSize));
}
