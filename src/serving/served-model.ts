import type { EngineName } from '../words/device.js';
import type { Compute } from '../compute/protocol.js';
import type { Config } from '../config.js';
import { loadArtifact } from '../db/artifacts.js';
import type { Database } from '../db/client.js';
import { GelqlError } from '../errors.js';
import { appliedTemperature } from '../evaluation/temperature.js';
import type { BackboneRecord, TensorMap } from '../words/architecture.js';
import { findHeadProblem } from '../networks/heads.js';
import { readSafetensors } from '../networks/weights/safetensors.js';
import { findModelBackbone } from '../registry/model-backbone.js';
import { modelDigest } from '../registry/model-digest.js';
import type { ModelRow } from '../registry/models.js';

/** A registered model with everything that answering needs, verified against its digests. Never changed once made. */
export interface ServedModel {
  row: ModelRow;
  head: TensorMap;
  backbone: BackboneRecord;
  engine: EngineName;
  /** Divides the logits before the softmax. */
  temperature: number;
}

/** @throws GelqlError MODEL_CORRUPT where head, backbone or record are not those that the digests name */
export async function loadServedModel(
  { config, database, compute }: { config: Config; database: Database; compute: Compute },
  row: ModelRow,
): Promise<ServedModel> {
  const backbone = await findModelBackbone(database, config, row);
  const { tensors: head } = readSafetensors(await loadArtifact(database, row.headSha256));
  const temperature = appliedTemperature(row.calibration);
  const digest = modelDigest({
    backboneSha256: backbone.sha256,
    tunedSha256: row.tunedSha256,
    headSha256: row.headSha256,
    classes: row.classes,
    recipe: row.recipe,
    mean: backbone.mean,
    standardDeviation: backbone.standardDeviation,
    featurePoint: backbone.featurePoint,
    temperature,
  });
  if (digest !== row.digest) {
    throw new GelqlError('MODEL_CORRUPT', `Model ${row.name} does not match its digest.`, {
      facts: { expected: row.digest, found: digest },
    });
  }
  const problem = findHeadProblem(head, row.head, backbone.featureSize, row.classes.length);
  if (problem !== null) {
    throw new GelqlError('MODEL_CORRUPT', `The head of model ${row.name} has ${problem}.`);
  }
  return {
    row,
    head,
    backbone,
    temperature,
    engine: await compute.chooseEngine(config.servingDevice, backbone),
  };
}
