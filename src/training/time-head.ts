import type { TensorMap } from '../words/architecture.js';
import { applyHead, softmax } from '../networks/heads.js';

/** Times that the head answers; the first answers pay for the compiler. */
const ANSWERS = 21;

/** @param features of one picture @returns seconds from features to probabilities, median */
export function timeHead(head: TensorMap, features: Float32Array): number {
  const seconds = Array.from({ length: ANSWERS }, () => {
    const startedAt = performance.now();
    softmax(applyHead(head, features, 1), 1);
    return (performance.now() - startedAt) / 1000;
  });
  return seconds.sort((left, right) => left - right)[Math.floor(ANSWERS / 2)] ?? 0;
}
