import { createHash } from 'node:crypto';
import type { BackboneRecord } from '../words/architecture.js';
import type { TrainingConfiguration } from '../words/training-configuration.js';

/** Everything that a head follows from besides the engines that compute it. */
export interface RunOrigin {
  datasetDigest: string;
  configuration: TrainingConfiguration;
  /** What `configuration.backboneId` means on this machine: imported weights can change under one id. */
  backbone: BackboneRecord;
  codeVersion: string;
}

/** SHA-256, hex; the order in which a configuration's settings are written does not count. */
export function runFingerprint({ datasetDigest, configuration, backbone, codeVersion }: RunOrigin): string {
  const { sha256, featurePoint, mean, standardDeviation } = backbone;
  const canonical = JSON.stringify([
    'gelql-run-fingerprint/1',
    datasetDigest,
    withSortedKeys(configuration),
    [sha256, featurePoint, mean, standardDeviation],
    codeVersion,
  ]);
  return createHash('sha256').update(canonical).digest('hex');
}

function withSortedKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, withSortedKeys(inner)]));
}
