import type { Config } from '../config.js';
import { loadArtifact } from '../db/artifacts.js';
import type { DatabaseScope } from '../db/client.js';
import type { BackboneRecord } from '../networks/architecture.js';
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
  const tuned = await keepTunedWeights(config, tunedSha256, () => loadArtifact(scope, tunedSha256));
  return { ...backbone, tuned };
}
