import type { Config } from '../config.js';
import { loadArtifact } from '../db/artifacts.js';
import type { DatabaseScope } from '../db/client.js';
import type { BackboneRecord, TunedWeights } from '../words/architecture.js';
import { findBackbone } from '../networks/weights/backbones.js';
import { keepTunedWeights } from '../networks/weights/tuned-weights.js';
import type { ModelRow } from './models.js';

/**
 * The network that a model takes its features from: its backbone, with the tensors that its training moved. Those come out
 * of the database, so that a machine needs to have seen nothing of the model but the backbone's own weights.
 * @throws GelqlError NOT_FOUND, WEIGHTS_MISSING, WEIGHTS_INVALID, MODEL_CORRUPT
 */
export async function findModelBackbone(
  scope: DatabaseScope,
  config: Config,
  { backboneId, tunedSha256 }: Pick<ModelRow, 'backboneId' | 'tunedSha256'>,
): Promise<BackboneRecord> {
  const backbone = await findBackbone(backboneId, config);
  if (tunedSha256 === null) return backbone;
  return { ...backbone, tuned: await keepTuned(scope, config, tunedSha256) };
}

/**
 * Writes the tensors that belong to a model below the cache folder once more, where a running server lost them.
 * @returns false for a plain backbone, whose weights are not in the database
 * @throws GelqlError MODEL_CORRUPT
 */
export async function restoreTunedWeights(
  scope: DatabaseScope,
  config: Config,
  { tuned }: Pick<BackboneRecord, 'tuned'>,
): Promise<boolean> {
  if (tuned === undefined) return false;
  await keepTuned(scope, config, tuned.sha256);
  return true;
}

function keepTuned(scope: DatabaseScope, config: Config, sha256: string): Promise<TunedWeights> {
  return keepTunedWeights(config, sha256, () => loadArtifact(scope, sha256));
}
