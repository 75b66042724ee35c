import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { DEVICES, ENGINE_NAMES } from '../compute/engines/engine.js';
import { GelqlError } from '../errors.js';
import { RESULT_KINDS } from '../db/schema.js';
import {
  CALIBRATION_SOURCES,
  EVALUATION_WARNINGS,
  type Calibration,
  type Evaluation,
} from '../evaluation/evaluation.js';
import { appliedTemperature } from '../evaluation/temperature.js';
import { RASTER_RECIPES } from '../images/picture.js';
import { ARCHITECTURES, FEATURE_POINTS, HEADS } from '../networks/architecture.js';
import { OPTIMIZERS } from '../training/configuration.js';
import { modelDigest } from './model-digest.js';

const FORMAT = 'gelql-model/1';
const RECORD_FILE = 'model.json';
/** Heads are small: the widest, MULTI on VGG16's 4096 features, has 9 MB. */
const MAX_HEAD_BYTES = 64 * 1024 * 1024;

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const share = z.number().min(0).max(1);
const proportion = z.object({
  value: share.nullable(),
  k: z.number().int().min(0),
  n: z.number().int().min(0),
  low: share.nullable(),
  high: share.nullable(),
  groupCount: z.number().int().min(1).optional(),
});
const channels = z.tuple([z.number(), z.number(), z.number()]);

const evaluationSchema = z.object({
  classes: z.array(z.string()).min(2),
  confusion: z.array(z.array(z.number().int().min(0))),
  accuracy: proportion,
  balancedAccuracy: share,
  precisionWeighted: share,
  recallWeighted: share,
  f1Weighted: share,
  precisionMacro: share,
  recallMacro: share,
  f1Macro: share,
  rocAuc: share.nullable(),
  rocAucInterval: z.object({ low: share, high: share }).nullable(),
  rocAucHard: share.nullable(),
  averagePrecision: share.nullable(),
  mcc: z.number().min(-1).max(1),
  logLoss: z.number().min(0),
  brier: z.number().min(0),
  calibrationError: z.object({ value: share, nullValue: share }).nullish(),
  groupCount: z.number().int().min(1).optional(),
  warnings: z.array(z.object({ code: z.enum(EVALUATION_WARNINGS), message: z.string() })).optional(),
  crossValidation: z
    .object({
      folds: z.number().int().min(2),
      repeats: z.array(z.object({ seed: z.number().int(), accuracy: share })).min(1),
    })
    .optional(),
  perClass: z.array(
    z.object({
      name: z.string(),
      support: z.number().int(),
      precision: proportion,
      recall: proportion,
      f1: share,
    }),
  ),
  baselines: z.array(
    z.object({ name: z.enum(['majority', 'metadata-only', 'brightness-only']), accuracy: proportion }),
  ),
}) satisfies z.ZodType<Evaluation>;

const calibrationSchema = z.object({
  temperature: z.number().min(0.25).max(20),
  fittedOn: z.enum(CALIBRATION_SOURCES),
  groupCount: z.number().int().min(1),
  isApplied: z.boolean(),
  logLossBefore: z.number().min(0),
  logLossAfter: z.number().min(0),
  isSeparated: z.boolean().optional(),
}) satisfies z.ZodType<Calibration>;

const recordSchema = z.object({
  format: z.literal(FORMAT),
  name: z.string().min(1).max(200),
  /** Binds what follows up to `calibration`; see modelDigest. */
  digest,
  backbone: z.object({
    id: z.string().min(1),
    sha256: digest,
    architecture: z.enum(ARCHITECTURES),
    featurePoint: z.enum(FEATURE_POINTS),
    featureSize: z.number().int().min(1),
    mean: channels,
    standardDeviation: channels,
  }),
  head: z.object({ kind: z.enum(HEADS), file: z.string().regex(/^[\w.-]+$/), sha256: digest }),
  classes: z.array(z.string().min(1)).min(2),
  recipe: z.enum(RASTER_RECIPES),
  /** Absent in folders of versions that did not calibrate. */
  calibration: calibrationSchema.nullish(),
  training: z.object({
    optimizer: z.enum(OPTIMIZERS),
    device: z.enum(DEVICES),
    engine: z.enum(ENGINE_NAMES),
    featureEngine: z.enum(ENGINE_NAMES),
    configuration: z.object({
      backboneId: z.string(),
      head: z.enum(HEADS),
      optimizer: z.enum(OPTIMIZERS),
      device: z.enum(DEVICES),
      learningRate: z.number(),
      batchSize: z.number().int(),
      epochs: z.number().int(),
      seed: z.number().int(),
      validationFraction: z.number(),
      testFraction: z.number(),
      recipe: z.enum(RASTER_RECIPES),
      augmentationViews: z.number().int(),
      crossValidation: z.object({ folds: z.number().int(), repeats: z.number().int() }).optional(),
    }),
    dataset: z.object({ name: z.string(), digest }),
  }),
  result: z.object({
    trainingTimeMins: z.number().min(0),
    inferenceTimeSecs: z.number().min(0),
    testDescription: z.string(),
    kind: z.enum(RESULT_KINDS).default('HOLDOUT'),
    evaluation: evaluationSchema,
    scores: z.array(
      z.object({
        name: z.string(),
        sha256: digest,
        label: z.number().int().min(0),
        predicted: z.number().int().min(0),
        probabilities: z.array(share),
      }),
    ),
  }),
});

/** A model outside the database: everything of it but the backbone's weights, which it names by digest. */
export type ModelRecord = z.infer<typeof recordSchema>;

export interface StoredModel {
  record: ModelRecord;
  headBytes: Uint8Array;
}

/** Writes `model.json` and the head beside it; the folder is made where absent. */
export async function writeModelFolder(directory: string, { record, headBytes }: StoredModel): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, record.head.file), headBytes);
  await writeFile(join(directory, RECORD_FILE), `${JSON.stringify(record, null, 1)}\n`);
}

/**
 * Reads a model folder and verifies it: shape of the record, SHA-256 of the head, and the digest that binds them.
 * @throws GelqlError MODEL_CORRUPT with the reason
 */
export async function readModelFolder(directory: string): Promise<StoredModel> {
  const file = join(directory, RECORD_FILE);
  const corrupt = (reason: string, cause?: unknown) =>
    new GelqlError('MODEL_CORRUPT', `${file}: ${reason}`, { cause });
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw corrupt('cannot be read', cause);
  });
  const parsed = recordSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    throw corrupt(`${first?.path.join('.') ?? ''}: ${first?.message ?? 'is not a model record'}`);
  }
  const record = parsed.data;
  const headBytes = await readFile(join(dirname(file), record.head.file)).catch((cause: unknown) => {
    throw corrupt(`its head ${record.head.file} cannot be read`, cause);
  });
  if (headBytes.length > MAX_HEAD_BYTES) throw corrupt('its head is too large');
  if (createHash('sha256').update(headBytes).digest('hex') !== record.head.sha256) {
    throw corrupt('the head is not the one that the record names');
  }
  if (digestOf(record) !== record.digest) throw corrupt('the record does not match its digest');
  return { record, headBytes };
}

export function digestOf(
  record: Pick<ModelRecord, 'backbone' | 'head' | 'classes' | 'recipe' | 'calibration'>,
): string {
  return modelDigest({
    backboneSha256: record.backbone.sha256,
    headSha256: record.head.sha256,
    classes: record.classes,
    recipe: record.recipe,
    mean: record.backbone.mean,
    standardDeviation: record.backbone.standardDeviation,
    featurePoint: record.backbone.featurePoint,
    temperature: appliedTemperature(record.calibration),
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
