import { at } from '../at.js';
import type { EngineName } from '../words/device.js';
import { GelqlError } from '../errors.js';
import { requireModel } from '../registry/models.js';
import type { Permit } from '../serving/admission.js';
import { requireClassification, type ClassificationRow } from '../receipts/classifications.js';
import type { ClassificationServices } from './answer-picture.js';
import { loadKeptPicture } from './kept-pictures.js';
import { openPasses } from '../serving/picture-passes.js';
import type { ServedModel } from '../serving/served-model.js';

/** Probabilities that differ by less are the same: what the size of a batch and the order of additions can do. */
export const REPLAY_TOLERANCE = 1e-4;

/** What an answer would be if it were given now, with the model of that time. Nothing is stored. */
export interface Replay {
  row: ClassificationRow;
  /** The same label, and every probability within the tolerance. */
  isSame: boolean;
  label: string;
  probability: number;
  /** Largest difference of a probability, over all classes. */
  largestDifference: number;
  largestLogitDifference: number;
  /** What computed the features now: the engine of that time where this machine has it. */
  engine: EngineName;
}

/**
 * Answers once more. A model is found by the id that answered, whatever serves now; its digest must be the one of then.
 * @throws GelqlError NOT_FOUND, PICTURE_NOT_KEPT, MODEL_CORRUPT, WEIGHTS_MISSING, and of the permit
 */
export async function replayClassification(
  services: ClassificationServices,
  permit: Permit,
  id: string,
): Promise<Replay> {
  const row = await requireClassification(services.database, id);
  const model = await modelOfThen(services, row);
  await permit.holdBytes(row.facts.sizeBytes);
  const bytes = await loadKeptPicture(services.database, row);
  const file = { filename: row.filename, bytes, page: row.facts.page };
  const passes = openPasses(services, permit, file, new Set([model.row.recipe]), {
    lastMaps: false,
  });
  const { logits, probabilities } = await passes.scoreWith(model);
  const differences = row.scores.map(({ probability, logit }, index) => ({
    probability: Math.abs(at(probabilities, index) - probability),
    logit: Math.abs(at(logits, index) - logit),
  }));
  const probability = Math.max(...probabilities);
  const label = at(model.row.classes, probabilities.indexOf(probability));
  const largestDifference = Math.max(...differences.map((difference) => difference.probability));
  return {
    row,
    isSame: label === row.label && largestDifference <= REPLAY_TOLERANCE,
    label,
    probability,
    largestDifference,
    largestLogitDifference: Math.max(...differences.map(({ logit }) => logit)),
    engine: model.engine,
  };
}

async function modelOfThen(
  { servedModels, compute, database }: ClassificationServices,
  { modelId, modelDigest, timing }: ClassificationRow,
): Promise<ServedModel> {
  // Also one that was archived since.
  const model = await servedModels.load(await requireModel(database, modelId));
  if (model.row.digest !== modelDigest) {
    throw new GelqlError('MODEL_CORRUPT', `Model ${model.row.name} is not what it was when it answered.`, {
      facts: { expected: modelDigest, found: model.row.digest },
    });
  }
  const reports = await compute.engines();
  const isThere = reports.some(
    ({ engine, device, available }) => engine === timing.engine && device === timing.device && available,
  );
  return isThere ? { ...model, engine: timing.engine } : model;
}
