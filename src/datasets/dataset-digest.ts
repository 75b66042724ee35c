import { createHash } from 'node:crypto';
import type { Subset } from '../words/dataset.js';

/** SHA-256, hex, over the classes and, in order, each picture's subset, label, SHA-256 and group. */
export function datasetDigest(
  classes: readonly string[],
  images: readonly { subset: Subset; label: number; sha256: string; groupKey: string }[],
): string {
  const hash = createHash('sha256').update(JSON.stringify(['gelql-dataset-digest/1', classes]));
  for (const { subset, label, sha256, groupKey } of images) {
    hash.update(`\n${JSON.stringify([subset, label, sha256, groupKey])}`);
  }
  return hash.digest('hex');
}
