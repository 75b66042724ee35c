import type { EngineName } from '../compute/engines/engine.js';
import type { Compute } from '../compute/protocol.js';
import type { Config } from '../config.js';
import type { Database } from '../db/client.js';
import { GelqlError } from '../errors.js';
import { appliedTemperature } from '../evaluation/temperature.js';
import type { BackboneRecord, TensorMap } from '../networks/architecture.js';
import { findBackbone } from '../networks/weights/backbones.js';
import { readSafetensors } from '../networks/weights/safetensors.js';
import { loadArtifact } from '../db/artifacts.js';
import type { BestModels } from '../registry/best-models.js';
import { modelDigest } from '../registry/model-digest.js';
import { findModel, type ModelRow } from '../registry/models.js';

/** A registered model with everything that answering needs, verified against its digests. */
export interface ServedModel {
  row: ModelRow;
  head: TensorMap;
  backbone: BackboneRecord;
  engine: EngineName;
  /** Divides the logits before the softmax. */
  temperature: number;
}

export interface ServedModels {
  /**
   * @param reference id, name or number of a model; null for the best registered one
   * @throws GelqlError NOT_FOUND, NO_MODEL, MODEL_CORRUPT, WEIGHTS_MISSING, ENGINE_UNAVAILABLE
   */
  resolve(reference: string | null): Promise<ServedModel>;
}

/** How long "the best model" may be remembered: a model registered on another machine serves here after that. */
const BEST_MODEL_TTL_MS = 1_000;
/** Heads kept in memory. */
const MAX_LOADED = 64;

export function createServedModels(options: {
  config: Config;
  database: Database;
  compute: Compute;
  bestModels: BestModels;
}): ServedModels {
  const { config, database, compute, bestModels } = options;
  const loaded = new Map<string, Promise<ServedModel>>();
  let best: { row: Promise<ModelRow>; until: number } | null = null;

  const bestRow = (): Promise<ModelRow> => {
    if (best === null || performance.now() > best.until) {
      const row = bestModels.best().then(({ model }) => model);
      const remembered = { row, until: performance.now() + BEST_MODEL_TTL_MS };
      best = remembered;
      row.catch(() => {
        if (best === remembered) best = null;
      });
      return row;
    }
    return best.row;
  };

  const load = async (row: ModelRow): Promise<ServedModel> => {
    const backbone = await findBackbone(row.backboneId, config);
    const { tensors: head } = readSafetensors(await loadArtifact(database, row.headSha256));
    const temperature = appliedTemperature(row.calibration);
    const digest = modelDigest({
      backboneSha256: backbone.sha256,
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
    return { row, head, backbone, temperature, engine: await compute.chooseEngine('CPU', backbone) };
  };

  return {
    async resolve(reference) {
      const row = reference === null ? await bestRow() : await findModel(database, reference);
      if (row === null) throw new GelqlError('NOT_FOUND', `There is no model "${reference}".`);
      const known = loaded.get(row.id);
      if (known !== undefined) {
        // Moves it to the end: the one that was asked for longest ago is dropped first.
        loaded.delete(row.id);
        loaded.set(row.id, known);
        return known;
      }
      const model = load(row);
      loaded.set(row.id, model);
      // A failure is not remembered: missing weights may be there at the next request.
      model.catch(() => loaded.delete(row.id));
      const oldest = loaded.keys().next().value;
      if (loaded.size > MAX_LOADED && oldest !== undefined) loaded.delete(oldest);
      return model;
    },
  };
}
