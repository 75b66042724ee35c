import { at } from '../at.js';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PreparedImage } from '../images/prepare-image.js';
import type { Config } from '../config.js';
import type { DatabaseScope } from '../db/client.js';
import type { Decision, DecisionReason, NearPicture, SeenPicture, StoredNovelty } from '../words/answer.js';
import { GelqlError } from '../errors.js';
import type { Neighbour } from '../evaluation/neighbour-search.js';
import { createNeighbourhoods, type Neighbourhoods } from '../evaluation/novelty.js';
import {
  decodeTrainingFeatures,
  loadTrainingFeatures,
  type TrainingFeatures,
} from '../registry/training-features.js';
import type { Scores } from '../serving/picture-passes.js';
import { createSeenIndex, type FindSeen, type FoundPicture } from './seen-in-training.js';
import type { ServedModel } from '../serving/served-model.js';

/** What an answer is worth. */
export interface Judgement {
  decision: Decision;
  decisionReasons: DecisionReason[];
  /** The least probability of an answer that is CLASSIFIED. */
  decisionThreshold: number;
  /** The three are null where the model has no training features. */
  novelty: StoredNovelty | null;
  nearest: NearPicture[] | null;
  seenInTraining: SeenPicture | null;
}

/**
 * Decides whether the answer can be taken for one: far from all training pictures the probability means nothing; below
 * the threshold it is too small. Everything that makes the decision weaker is named.
 * @throws GelqlError MODEL_CORRUPT where the model's training features were altered
 */
export async function judgeScores(
  { database, config }: { database: DatabaseScope; config: Pick<Config, 'decisionThreshold'> },
  scores: Scores,
): Promise<Judgement> {
  const { model, picture, batch, probabilities } = scores;
  const { classes, calibration } = model.row;
  const known = await trainingFeaturesOf(database, model);
  const found = known && known.neighbourhoods.find(batch.features);
  const seen = known && (await findSeen(known, picture, found?.similar ?? []));
  const isFar = found?.novelty.isFar === true && seen === null;
  const isLow = Math.max(...probabilities) < config.decisionThreshold;
  const reasons: [DecisionReason, boolean][] = [
    ['FAR_FROM_TRAINING', isFar],
    ['LOW_PROBABILITY', isLow],
    ['NOT_CALIBRATED', calibration?.isApplied !== true],
    ['NO_TRAINING_FEATURES', known === null],
    ['FEW_TRAINING_PICTURES', known !== null && !known.neighbourhoods.canReject],
  ];
  return {
    decision: isFar ? 'OUT_OF_DISTRIBUTION' : isLow ? 'UNDECIDED' : 'CLASSIFIED',
    decisionReasons: reasons.flatMap(([reason, holds]) => (holds ? [reason] : [])),
    decisionThreshold: config.decisionThreshold,
    novelty: known && found && { ...found.novelty, featuresSha256: known.sha256 },
    nearest: known && found && found.nearest.map((near) => showNear(known.bank, near, classes)),
    seenInTraining: seen && showSeen(seen, classes),
  };
}

function findSeen(
  known: KnownFeatures,
  { facts, miniature }: PreparedImage,
  similar: readonly Neighbour[],
): ReturnType<FindSeen> {
  return known.findSeen({ facts, miniature, similar: similar.map(({ index }) => index) });
}

function showNear(
  { pictures }: TrainingFeatures,
  { index, distance }: Neighbour,
  classes: readonly string[],
): NearPicture {
  const { name = '', sha256 = '', label = -1 } = pictures[index] ?? {};
  return { name, sha256, label: at(classes, label), distance };
}

function showSeen({ labelIndex, ...seen }: FoundPicture, classes: readonly string[]): SeenPicture {
  return { ...seen, label: at(classes, labelIndex) };
}

interface KnownFeatures {
  bank: TrainingFeatures;
  sha256: string;
  neighbourhoods: Neighbourhoods;
  findSeen: FindSeen;
}

/** As long as the model is loaded: 1 kB for each training picture of ResNet18. */
const loaded = new WeakMap<ServedModel, Promise<KnownFeatures | null>>();

/**
 * By the digest of the features and the number of classes: models that were trained on the same pictures look for
 * neighbours in one copy, 15 MB for 1213 pictures.
 */
const shared = new Map<string, WeakRef<KnownFeatures>>();

function trainingFeaturesOf(database: DatabaseScope, model: ServedModel): Promise<KnownFeatures | null> {
  const known = loaded.get(model);
  if (known !== undefined) return known;
  const loading = load(database, model);
  loaded.set(model, loading);
  // A failure is not remembered: the database may answer the next time.
  loading.catch(() => loaded.delete(model));
  return loading;
}

async function load(database: DatabaseScope, { row }: ServedModel): Promise<KnownFeatures | null> {
  const stored = await loadTrainingFeatures(database, row.id);
  if (stored === null) return null;
  const key = `${stored.sha256} ${row.classes.length}`;
  const same = shared.get(key)?.deref();
  if (same?.bank.size === row.featureSize) return same;
  const bank = decodeTrainingFeatures(stored.bytes);
  if (bank.size !== row.featureSize) {
    throw new GelqlError(
      'MODEL_CORRUPT',
      `The training features of ${row.name} are not those of its backbone.`,
    );
  }
  const known = {
    bank,
    sha256: stored.sha256,
    neighbourhoods: await createNeighbourhoods(bank, row.classes.length, () => nextTurn()),
    findSeen: createSeenIndex(bank, () => nextTurn()),
  };
  share(key, known);
  return known;
}

function share(key: string, known: KnownFeatures): void {
  for (const [other, reference] of shared) if (reference.deref() === undefined) shared.delete(other);
  shared.set(key, new WeakRef(known));
}
