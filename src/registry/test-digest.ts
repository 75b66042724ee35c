import { createHash } from 'node:crypto';

/**
 * SHA-256, hex, over the test pictures with their labels, in whatever order they come: equal where two evaluations can be
 * compared picture by picture.
 */
export function testDigest(scores: readonly { sha256: string; label: number }[]): string {
  const pictures = scores.map(({ sha256, label }) => `${sha256} ${label}`).sort();
  return createHash('sha256')
    .update(['gelql-test-digest/1', ...pictures].join('\n'))
    .digest('hex');
}
