import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  customType,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  serial,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { PictureFacts, PictureWarning, RasterRecipe } from '../words/picture.js';
import type { Architecture, HeadKind } from '../words/architecture.js';
import type { Device, EngineName, WorkerEngines } from '../words/device.js';
import type { SerializedError } from '../errors.js';
import type { TrainingConfiguration } from '../words/training-configuration.js';
import { TRAINABLES, type OptimizerKind, type Trainable } from '../words/training-settings.js';
import type { Calibration, Evaluation } from '../words/evaluation.js';
import type { DuplicateReport } from '../words/duplicate-report.js';
import { SUBSETS, type Subset } from '../words/dataset.js';
import {
  MODEL_EVENT_KINDS,
  RESULT_KINDS,
  type ModelEventKind,
  type ModelOrigin,
  type ModelProbe,
  type ResultKind,
} from '../words/model.js';
import type {
  ClassScore,
  Decision,
  DecisionReason,
  NearPicture,
  SeenPicture,
  StoredExplanation,
  StoredNovelty,
  StoredTiming,
} from '../words/answer.js';
import type { RunEventBody, RunEventKind } from '../words/run-event.js';
import { STOP_REASONS, type StopReason } from '../words/training-rules.js';
import { RUN_STAGES, RUN_STATES, type RunStage, type RunState } from '../words/run-state.js';
import type { SweepRequest } from '../words/sweep-request.js';

const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => 'bytea',
  toDriver: (value) => Buffer.from(value.buffer, value.byteOffset, value.byteLength),
  fromDriver: (value) => new Uint8Array(value),
});
/** UUID version 7: sorts by time of creation, so it is also the last key of every page order. */
const id = () => uuid('id').primaryKey();
const at = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' });
const createdAt = () => at('created_at').notNull().defaultNow();
/** The values of a closed list as SQL, for checks. */
const listed = (values: readonly string[]) => sql.raw(values.map((value) => `'${value}'`).join(', '));

/**
 * Bytes that every machine may need: heads, data set pictures. Addressed by SHA-256, written once; like those of models,
 * results, test scores and classifications its rows are never updated, which triggers enforce (migrations/).
 */
export const artifacts = pgTable('artifacts', {
  sha256: text('sha256').primaryKey(),
  kind: text('kind')
    .$type<'head' | 'picture' | 'training-features' | 'tuned-weights' | 'miniatures'>()
    .notNull(),
  sizeBytes: bigint('size_bytes', { mode: 'number' }).notNull(),
  /** Empty where they lie in `artifact_chunks`. */
  bytes: bytea('bytes').notNull(),
  createdAt: createdAt(),
});

/** The bytes of artifacts that are too large for one value, in order. Written once, like the artifacts. */
export const artifactChunks = pgTable(
  'artifact_chunks',
  {
    sha256: text('sha256')
      .notNull()
      .references(() => artifacts.sha256),
    /** From 0. */
    position: integer('position').notNull(),
    bytes: bytea('bytes').notNull(),
  },
  (table) => [primaryKey({ columns: [table.sha256, table.position] })],
);

export const datasets = pgTable(
  'datasets',
  {
    id: id(),
    name: text('name').notNull(),
    /** Class names in label order: label k is classes[k]. Sorted by name at registration. */
    classes: jsonb('classes').$type<string[]>().notNull(),
    /** SHA-256 over classes and, in order, each picture's subset, label, SHA-256 and group (datasets/dataset-digest.ts). */
    digest: text('digest').notNull(),
    pictureCount: integer('picture_count').notNull(),
    /** Folder or command that it came from. */
    source: text('source').notNull(),
    /** Exact and near-duplicates that the import found. */
    duplicateReport: jsonb('duplicate_report').$type<DuplicateReport>().notNull(),
    /** [pictures, 64, 64], what its pictures are compared by, in their order. */
    miniaturesSha256: text('miniatures_sha256')
      .notNull()
      .references(() => artifacts.sha256),
    createdAt: createdAt(),
  },
  (table) => [uniqueIndex('datasets_name').on(table.name), index('datasets_digest').on(table.digest)],
);

export const datasetPictures = pgTable(
  'dataset_pictures',
  {
    id: id(),
    datasetId: uuid('dataset_id')
      .notNull()
      .references(() => datasets.id),
    position: integer('position').notNull(),
    /** Path below the data set's folder, with forward slashes. */
    name: text('name').notNull(),
    sha256: text('sha256')
      .notNull()
      .references(() => artifacts.sha256),
    label: integer('label').notNull(),
    subset: text('subset').$type<Subset>().notNull(),
    /** Pictures of one group never straddle a split: exact and near-duplicates, or the source that the import named. */
    groupKey: text('group_key').notNull(),
    facts: jsonb('facts').$type<PictureFacts>().notNull(),
  },
  (table) => [
    uniqueIndex('dataset_pictures_position').on(table.datasetId, table.position),
    index('dataset_pictures_sha256').on(table.sha256),
    check('dataset_pictures_subset', sql`${table.subset} in (${listed(SUBSETS)})`),
  ],
);

export const trainingRuns = pgTable(
  'training_runs',
  {
    id: id(),
    name: text('name').notNull(),
    datasetId: uuid('dataset_id')
      .notNull()
      .references(() => datasets.id),
    configuration: jsonb('configuration').$type<TrainingConfiguration>().notNull(),
    state: text('state').$type<RunState>().notNull(),
    stage: text('stage').$type<RunStage>().notNull().default('WAITING'),
    /** Share of the stage that is done, 0..1. */
    stageProgress: doublePrecision('stage_progress').notNull().default(0),
    attempt: integer('attempt').notNull().default(0),
    /** The engine that trains the head and the one that computes the features, once known. */
    engine: text('engine').$type<EngineName>(),
    featureEngine: text('feature_engine').$type<EngineName>(),
    /** The epoch whose parameters the model has and why training ended, once the run has succeeded. */
    keptEpoch: integer('kept_epoch'),
    stopReason: text('stop_reason').$type<StopReason>(),
    error: jsonb('error').$type<SerializedError>(),
    /** SHA-256 over data set digest, configuration and code version: what the head follows from besides the engine. */
    fingerprint: text('fingerprint').notNull(),
    /** The worker that has, or had last, the run. */
    workerId: uuid('worker_id'),
    /** Sequence number of the run's newest event; 0 before the first. */
    lastSequence: integer('last_sequence').notNull().default(0),
    createdAt: createdAt(),
    startedAt: at('started_at'),
    finishedAt: at('finished_at'),
  },
  (table) => [
    index('training_runs_state').on(table.state),
    index('training_runs_fingerprint').on(table.fingerprint),
    index('training_runs_dataset').on(table.datasetId),
    index('training_runs_created').on(table.createdAt, table.id),
    check('training_runs_state', sql`${table.state} in (${listed(RUN_STATES)})`),
    check('training_runs_stop_reason', sql`${table.stopReason} in (${listed(STOP_REASONS)})`),
    check('training_runs_stage', sql`${table.stage} in (${listed(RUN_STAGES)})`),
  ],
);

export const epochs = pgTable(
  'epochs',
  {
    runId: uuid('run_id')
      .notNull()
      .references(() => trainingRuns.id),
    /** From 1. */
    number: integer('number').notNull(),
    trainLoss: doublePrecision('train_loss').notNull(),
    trainAccuracy: doublePrecision('train_accuracy').notNull(),
    /** Null where nothing was kept for validation. */
    validationLoss: doublePrecision('validation_loss'),
    validationAccuracy: doublePrecision('validation_accuracy'),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.number] })],
);

/**
 * Where a training inside a network can go on after the process that had it died: what it was after its newest epoch. A
 * run that has ended has none: a trigger sees to that (migrations/).
 */
export const runCheckpoints = pgTable('run_checkpoints', {
  runId: uuid('run_id')
    .primaryKey()
    .references(() => trainingRuns.id),
  /** The last epoch that is in it. */
  epoch: integer('epoch').notNull(),
  /** SHA-256 of the bytes, which lie in `run_checkpoint_chunks`. */
  sha256: text('sha256').notNull(),
  /** What it was computed with: elsewhere the training would go on with other bits. */
  engine: text('engine').$type<EngineName>().notNull(),
  codeVersion: text('code_version').notNull(),
  createdAt: createdAt(),
});

/** Chunks of checkpoints, those that are still being written too. */
export const runCheckpointChunks = pgTable(
  'run_checkpoint_chunks',
  {
    runId: uuid('run_id')
      .notNull()
      .references(() => trainingRuns.id),
    /** SHA-256 of the whole checkpoint. */
    sha256: text('sha256').notNull(),
    /** From 0. */
    position: integer('position').notNull(),
    bytes: bytea('bytes').notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.sha256, table.position] })],
);

/**
 * What happened to a run, in order and without gaps: the run's row hands out the numbers and is locked until the event is
 * stored, so whoever has read event n has missed none before it. Append-only.
 */
export const runEvents = pgTable(
  'run_events',
  {
    runId: uuid('run_id')
      .notNull()
      .references(() => trainingRuns.id),
    /** From 1. */
    sequence: integer('sequence').notNull(),
    /** The attempt that it belongs to; 0 before the first. */
    attempt: integer('attempt').notNull(),
    kind: text('kind').$type<RunEventKind>().notNull(),
    body: jsonb('body').$type<RunEventBody>().notNull(),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.sequence] })],
);

/** Processes that take training runs. A row without a recent heartbeat is a worker that is gone. */
export const workers = pgTable(
  'workers',
  {
    id: id(),
    /** Host name and process id, for people. */
    name: text('name').notNull(),
    devices: jsonb('devices').$type<Device[]>().notNull(),
    /** Runs that it takes at once. */
    concurrency: integer('concurrency').notNull(),
    /** What it trains heads with: one for each of its devices. */
    engines: jsonb('engines').$type<WorkerEngines>().notNull(),
    /** What it trains inside networks with; runs that do so on a device that is missing here it leaves to others. */
    networkEngines: jsonb('network_engines').$type<WorkerEngines>().notNull(),
    /** Digest of the code that its results follow from. */
    codeVersion: text('code_version').notNull(),
    startedAt: at('started_at').notNull().defaultNow(),
    heartbeatAt: at('heartbeat_at').notNull().defaultNow(),
    /** Set when it ends in good order. */
    stoppedAt: at('stopped_at'),
  },
  (table) => [index('workers_heartbeat').on(table.heartbeatAt)],
);

export const sweeps = pgTable(
  'sweeps',
  {
    id: id(),
    name: text('name').notNull(),
    datasetId: uuid('dataset_id')
      .notNull()
      .references(() => datasets.id),
    /** The grid as it was asked for, defaults filled in. */
    request: jsonb('request').$type<SweepRequest>().notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    uniqueIndex('sweeps_name').on(table.name),
    index('sweeps_created').on(table.createdAt, table.id),
  ],
);

/** One configuration of a sweep: the run that trains it, or why it cannot be trained. Exactly one of the two is set. */
export const sweepParts = pgTable(
  'sweep_parts',
  {
    sweepId: uuid('sweep_id')
      .notNull()
      .references(() => sweeps.id),
    /** Number in the sweep, from 1; in the default sweep the model_id of the published table. */
    number: integer('number').notNull(),
    configuration: jsonb('configuration').$type<TrainingConfiguration>().notNull(),
    runId: uuid('run_id').references(() => trainingRuns.id),
    /** The run was there before the sweep asked for it. */
    isReused: boolean('is_reused').notNull().default(false),
    refusal: jsonb('refusal').$type<SerializedError>(),
  },
  (table) => [
    primaryKey({ columns: [table.sweepId, table.number] }),
    index('sweep_parts_run').on(table.runId),
    check('sweep_parts_run_or_refusal', sql`(${table.runId} is null) <> (${table.refusal} is null)`),
  ],
);

export const models = pgTable(
  'models',
  {
    id: id(),
    /** The `model_id` of the results table, from 1. */
    number: serial('number').notNull(),
    name: text('name').notNull(),
    origin: text('origin').$type<ModelOrigin>().notNull(),
    runId: uuid('run_id').references(() => trainingRuns.id),
    datasetId: uuid('dataset_id').references(() => datasets.id),
    architecture: text('architecture').$type<Architecture>().notNull(),
    backboneId: text('backbone_id').notNull(),
    backboneSha256: text('backbone_sha256').notNull(),
    featureSize: integer('feature_size').notNull(),
    /** The tensors of the backbone that training has moved; null where it has moved none. */
    tunedSha256: text('tuned_sha256').references(() => artifacts.sha256),
    head: text('head').$type<HeadKind>().notNull(),
    headSha256: text('head_sha256')
      .notNull()
      .references(() => artifacts.sha256),
    classes: jsonb('classes').$type<string[]>().notNull(),
    recipe: text('recipe').$type<RasterRecipe>().notNull(),
    optimizer: text('optimizer').$type<OptimizerKind>().notNull(),
    device: text('device').$type<Device>().notNull(),
    /** The engine that trained the head, and the one that computed the features. */
    engine: text('engine').$type<EngineName>().notNull(),
    featureEngine: text('feature_engine').$type<EngineName>().notNull(),
    /** SHA-256 that binds backbone, tuned weights, head, class order, recipe, normalisation and an applied calibration (src/registry/model-digest.ts). */
    digest: text('digest').notNull(),
    /** Null where none was fitted. */
    calibration: jsonb('calibration').$type<Calibration>(),
    configuration: jsonb('configuration').$type<TrainingConfiguration>().notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    uniqueIndex('models_number').on(table.number),
    uniqueIndex('models_name').on(table.name),
    index('models_digest').on(table.digest),
    index('models_run').on(table.runId),
    index('models_created').on(table.createdAt, table.id),
  ],
);

/** What a model knows of its training pictures (src/registry/training-features.ts); an imported model may come without. Append-only. */
export const trainingFeatures = pgTable('training_features', {
  modelId: uuid('model_id')
    .primaryKey()
    .references(() => models.id),
  sha256: text('sha256')
    .notNull()
    .references(() => artifacts.sha256),
  createdAt: createdAt(),
});

/** Whether a model may serve: what its newest event says, or yes where there is none. Append-only. */
export const modelEvents = pgTable(
  'model_events',
  {
    modelId: uuid('model_id')
      .notNull()
      .references(() => models.id),
    /** From 1, for each model. */
    sequence: integer('sequence').notNull(),
    kind: text('kind').$type<ModelEventKind>().notNull(),
    reason: text('reason').notNull(),
    actor: text('actor').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.modelId, table.sequence] }),
    check('model_events_kind', sql`${table.kind} in (${listed(MODEL_EVENT_KINDS)})`),
  ],
);

/** What a model answered for a few pictures when it was registered: whoever loads it can check that it still does. Append-only. */
export const goldenAnswers = pgTable(
  'golden_answers',
  {
    modelId: uuid('model_id')
      .notNull()
      .references(() => models.id),
    position: integer('position').notNull(),
    /** As the picture was called where it came from. */
    name: text('name').notNull(),
    sha256: text('sha256')
      .notNull()
      .references(() => artifacts.sha256),
    /** In the order of the model's classes, before any calibration. */
    logits: jsonb('logits').$type<number[]>().notNull(),
    /** What computed the features. */
    engine: text('engine').$type<EngineName>().notNull(),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.modelId, table.position] })],
);

/** Names that point at models. A row is the state after the newest of the alias's moves, and what moves are serialised by. */
export const aliases = pgTable('aliases', {
  name: text('name').primaryKey(),
  /** Null after the alias was removed. */
  modelId: uuid('model_id').references(() => models.id),
  /** Sequence number of the newest move. */
  sequence: integer('sequence').notNull(),
});

/** Every move of every alias. Append-only. */
export const aliasMoves = pgTable(
  'alias_moves',
  {
    id: id(),
    alias: text('alias')
      .notNull()
      .references(() => aliases.name),
    /** From 1, for each alias, without gaps. */
    sequence: integer('sequence').notNull(),
    /** Null where the alias pointed nowhere. */
    fromModelId: uuid('from_model_id').references(() => models.id),
    /** Null where the alias was removed. */
    toModelId: uuid('to_model_id').references(() => models.id),
    reason: text('reason').notNull(),
    actor: text('actor').notNull(),
    /** What the model was put through before; null for a removal. */
    probe: jsonb('probe').$type<ModelProbe>(),
    /** Never before the move with the number before. */
    createdAt: createdAt(),
  },
  (table) => [uniqueIndex('alias_moves_sequence').on(table.alias, table.sequence)],
);

/**
 * One evaluation of one model. The first twelve value columns are the published experiment's results table. Rows are kept
 * short by `toast_tuple_target` (migrations/): `evaluation`, most of a row, lies apart, so that filtering and sorting need
 * not read it.
 */
export const results = pgTable(
  'results',
  {
    id: id(),
    modelId: uuid('model_id')
      .notNull()
      .references(() => models.id),
    modelNumber: integer('model_number').notNull(),
    modelName: text('model_name').notNull(),
    hardwareType: text('hardware_type').$type<Device>().notNull(),
    pretrainedModel: text('pretrained_model').$type<Architecture>().notNull(),
    classifierHead: text('classifier_head').$type<HeadKind>().notNull(),
    optAlg: text('opt_alg').$type<OptimizerKind>().notNull(),
    trainingTimeMins: doublePrecision('training_time_mins').notNull(),
    /** Seconds for one picture alone, network input to probabilities (training/backbone-times.ts, time-head.ts). */
    inferenceTimeSecs: doublePrecision('inference_time_secs').notNull(),
    accuracy: doublePrecision('accuracy').notNull(),
    /** Weighted by class support, as in the published table; per-class values are in `evaluation`. */
    precision: doublePrecision('precision').notNull(),
    recall: doublePrecision('recall').notNull(),
    f1: doublePrecision('f1').notNull(),
    /** Area under the ROC curve from scores; null where a class is absent from the test pictures. */
    rocAuc: doublePrecision('roc_auc'),
    /** The published table's variant, from hard labels. */
    rocAucHard: doublePrecision('roc_auc_hard'),
    /** Wilson 95 % interval of the accuracy. */
    accuracyLow: doublePrecision('accuracy_low').notNull(),
    accuracyHigh: doublePrecision('accuracy_high').notNull(),
    logLoss: doublePrecision('log_loss').notNull(),
    brier: doublePrecision('brier').notNull(),
    testCount: integer('test_count').notNull(),
    epochs: integer('epochs').notNull(),
    learningRate: doublePrecision('learning_rate').notNull(),
    batchSize: integer('batch_size').notNull(),
    seed: integer('seed').notNull(),
    trainable: text('trainable').$type<Trainable>().notNull(),
    engine: text('engine').$type<EngineName>().notNull(),
    /** Name and digest of the data set that the test pictures came from. */
    datasetName: text('dataset_name').notNull(),
    datasetDigest: text('dataset_digest').notNull(),
    /** What the test pictures were: TEST subset, a drawn share, or pictures of another data set. */
    testDescription: text('test_description').notNull(),
    kind: text('kind').$type<ResultKind>().notNull(),
    /** SHA-256 over the test pictures: equal where two models were tested on the same ones. */
    testDigest: text('test_digest').notNull(),
    /** Confusion matrix, per-class values, intervals, baselines. */
    evaluation: jsonb('evaluation').$type<Evaluation>().notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    index('results_model').on(table.modelId),
    index('results_test').on(table.testDigest),
    check('results_kind', sql`${table.kind} in (${listed(RESULT_KINDS)})`),
    check('results_trainable', sql`${table.trainable} in (${listed(TRAINABLES)})`),
    index('results_accuracy').on(table.accuracy, table.id),
    // The order in which results are shown and the best model is chosen.
    index('results_rank').on(table.accuracyLow.desc().nullsFirst(), table.logLoss, table.id),
    index('results_created').on(table.createdAt, table.id),
    // What tables of results are ordered by most; each also serves the other direction.
    index('results_model_number').on(table.modelNumber, table.id),
    index('results_model_name').on(table.modelName, table.id),
    index('results_training_time').on(table.trainingTimeMins, table.id),
    index('results_inference_time').on(table.inferenceTimeSecs, table.id),
    index('results_precision').on(table.precision, table.id),
    index('results_f1').on(table.f1, table.id),
    index('results_roc_auc').on(table.rocAuc.desc().nullsLast(), table.id.desc().nullsFirst()),
    index('results_log_loss').on(table.logLoss, table.id),
    index('results_brier').on(table.brier, table.id),
  ],
);

/** Scores of each test picture, so that models can be compared on the same pictures later. */
export const testScores = pgTable(
  'test_scores',
  {
    resultId: uuid('result_id')
      .notNull()
      .references(() => results.id),
    position: integer('position').notNull(),
    name: text('name').notNull(),
    sha256: text('sha256').notNull(),
    label: integer('label').notNull(),
    predicted: integer('predicted').notNull(),
    probabilities: jsonb('probabilities').$type<number[]>().notNull(),
    /** Near-duplicates share it; null for models that came from a folder, whose record names no groups. */
    groupKey: text('group_key'),
  },
  (table) => [primaryKey({ columns: [table.resultId, table.position] })],
);

/** The trigger chain_record sets the value before the database looks whether it is null. */
const setByTrigger = () => sql`default`;

/**
 * A record's place in the chain of receipts (docs/adr/0009-one-chain-of-receipts.md). The database sets all but the
 * content's hash when the row is inserted.
 */
const receiptColumns = () => ({
  /** From 1, without gaps over all chained tables. */
  sequence: bigint('sequence', { mode: 'number' }).notNull().$defaultFn(setByTrigger),
  /** SHA-256 over the canonical JSON of the record (src/receipts/receipt.ts). */
  contentHash: text('content_hash').notNull(),
  /** Hash of the record before. */
  previousHash: text('previous_hash').notNull().$defaultFn(setByTrigger),
  /** SHA-256 over table, sequence, previous hash, content hash and time. */
  hash: text('hash').notNull().$defaultFn(setByTrigger),
});

/** The end of the chain of receipts: one row, which everybody who appends locks and moves on. */
export const receiptChain = pgTable(
  'receipt_chain',
  {
    id: integer('id').primaryKey(),
    /** Sequence number of the newest record; 0 before the first. */
    sequence: bigint('sequence', { mode: 'number' }).notNull(),
    hash: text('hash').notNull(),
  },
  (table) => [check('receipt_chain_single', sql`${table.id} = 1`)],
);

/** Every answer that was given. Append-only: nothing updates or deletes a row. */
export const classifications = pgTable(
  'classifications',
  {
    id: id(),
    ...receiptColumns(),
    /** Who asked, as the caller says. */
    actor: text('actor').notNull().default('anonymous'),
    requestId: text('request_id'),
    /** Whatever the caller wants to find the answer by. */
    clientReference: text('client_reference'),
    /** The same key gives the same answers again; SHA-256 over what was asked with it. */
    idempotencyKey: text('idempotency_key'),
    requestFingerprint: text('request_fingerprint'),
    /** Among the answers of its request, from 0: one for each model. */
    requestPosition: integer('request_position').notNull().default(0),
    recipe: text('recipe').$type<RasterRecipe>().notNull(),
    modelId: uuid('model_id')
      .notNull()
      .references(() => models.id),
    modelDigest: text('model_digest').notNull(),
    filename: text('filename').notNull(),
    pictureSha256: text('picture_sha256').notNull(),
    facts: jsonb('facts').$type<PictureFacts>().notNull(),
    warnings: jsonb('warnings').$type<PictureWarning[]>().notNull(),
    label: text('label').notNull(),
    probability: doublePrecision('probability').notNull(),
    /** Every class in the model's order. */
    scores: jsonb('scores').$type<ClassScore[]>().notNull(),
    decision: text('decision').$type<Decision>().notNull(),
    decisionReasons: jsonb('decision_reasons').$type<DecisionReason[]>().notNull(),
    decisionThreshold: doublePrecision('decision_threshold').notNull(),
    /** This and the two after it are null where the model has no training features; `seenInTraining` also where it is none of them. */
    novelty: jsonb('novelty').$type<StoredNovelty>(),
    nearest: jsonb('nearest').$type<NearPicture[]>(),
    seenInTraining: jsonb('seen_in_training').$type<SeenPicture>(),
    /** Null where none was asked for. */
    explanation: jsonb('explanation').$type<StoredExplanation>(),
    timing: jsonb('timing').$type<StoredTiming>().notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    index('classifications_model').on(table.modelId),
    index('classifications_picture').on(table.pictureSha256),
    index('classifications_reference').on(table.clientReference),
    uniqueIndex('classifications_sequence').on(table.sequence),
    uniqueIndex('classifications_idempotency').on(table.idempotencyKey, table.requestPosition),
    index('classifications_created').on(table.createdAt, table.id),
  ],
);

/** What the challenger said of a picture that the champion answered. Nobody was told. Append-only. */
export const shadowScores = pgTable(
  'shadow_scores',
  {
    id: id(),
    ...receiptColumns(),
    classificationId: uuid('classification_id')
      .notNull()
      .references(() => classifications.id),
    /** The model that answered. */
    championId: uuid('champion_id')
      .notNull()
      .references(() => models.id),
    challengerId: uuid('challenger_id')
      .notNull()
      .references(() => models.id),
    championLabel: text('champion_label').notNull(),
    label: text('label').notNull(),
    probability: doublePrecision('probability').notNull(),
    /** Every class in the challenger's order. */
    scores: jsonb('scores').$type<ClassScore[]>().notNull(),
    isAgreed: boolean('is_agreed').notNull(),
    /** The challenger's head took the features of the champion's own pass. */
    isSharedPass: boolean('is_shared_pass').notNull(),
    engine: text('engine').$type<EngineName>().notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    uniqueIndex('shadow_scores_pair').on(table.classificationId, table.challengerId),
    uniqueIndex('shadow_scores_sequence').on(table.sequence),
    index('shadow_scores_report').on(
      table.championId,
      table.challengerId,
      table.isAgreed,
      table.createdAt,
      table.id,
    ),
  ],
);

/** What people say of stored answers; the newest of an answer counts, none is ever replaced. Append-only. */
export const reviews = pgTable(
  'reviews',
  {
    id: id(),
    ...receiptColumns(),
    classificationId: uuid('classification_id')
      .notNull()
      .references(() => classifications.id),
    /** A class of the model that answered: what the picture is. */
    label: text('label').notNull(),
    reason: text('reason').notNull(),
    actor: text('actor').notNull(),
    requestId: text('request_id'),
    createdAt: createdAt(),
  },
  (table) => [
    index('reviews_classification').on(table.classificationId),
    uniqueIndex('reviews_sequence').on(table.sequence),
  ],
);
