import { z } from 'zod';
import { DEVICES, ENGINE_NAMES } from '../words/device.js';
import { RESULT_KINDS } from '../words/model.js';
import {
  CALIBRATION_SOURCES,
  EVALUATION_WARNINGS,
  type Calibration,
  type Evaluation,
} from '../words/evaluation.js';
import { appliedTemperature } from '../evaluation/temperature.js';
import { RASTER_RECIPES } from '../words/picture.js';
import { ARCHITECTURES, FEATURE_POINTS, HEADS } from '../words/architecture.js';
import { configurationSchema } from '../words/training-configuration.js';
import { OPTIMIZERS } from '../words/training-settings.js';
import { FOLDER_PATH } from './folder-files.js';
import { modelDigest } from './model-digest.js';

export const RECORD_FORMAT = 'gelql-model/1';

/** The backbone's weights in a folder that needs nothing else. */
export const BACKBONE_FILE = 'backbone.safetensors';
/** VGG16's have 553 MB. */
export const MAX_NETWORK_BYTES = 700 * 1024 * 1024;
const MAX_FILES = 200;

/** A folder from elsewhere may name more than this version would choose, but no flood. */
const MAX_GOLDEN_ANSWERS = 32;

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
const positiveChannels = z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]);
const filePath = z.string().regex(FOLDER_PATH);

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
  calibrationError: z.object({ value: share, nullValue: share }).nullable(),
  groupCount: z.number().int().min(1),
  warnings: z.array(z.object({ code: z.enum(EVALUATION_WARNINGS), message: z.string() })),
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

export const recordSchema = z.object({
  format: z.literal(RECORD_FORMAT),
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
    standardDeviation: positiveChannels,
  }),
  /** Tensors that take the place of the backbone's own; absent where training has moved none. */
  tuned: z.object({ file: filePath, sha256: digest }).optional(),
  head: z.object({ kind: z.enum(HEADS), file: filePath, sha256: digest }),
  classes: z.array(z.string().min(1).max(200)).min(2).max(1_000).refine(areDistinct, 'must differ'),
  recipe: z.enum(RASTER_RECIPES),
  /** Absent where no picture was left to fit it on. */
  calibration: calibrationSchema.optional(),
  training: z.object({
    optimizer: z.enum(OPTIMIZERS),
    device: z.enum(DEVICES),
    engine: z.enum(ENGINE_NAMES),
    featureEngine: z.enum(ENGINE_NAMES),
    configuration: configurationSchema,
    dataset: z.object({ name: z.string(), digest }),
  }),
  result: z.object({
    trainingTimeMins: z.number().min(0),
    inferenceTimeSecs: z.number().min(0),
    testDescription: z.string(),
    kind: z.enum(RESULT_KINDS),
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
  /** Nothing else shows whether the model answers here as it did there. */
  golden: z.object({
    engine: z.enum(ENGINE_NAMES),
    answers: z
      .array(
        z.object({
          name: z.string().min(1).max(1_000),
          file: filePath,
          /** The network input as a grey PNG of 224 x 224; absent where there are head and golden pictures only. */
          input: filePath.optional(),
          sha256: digest,
          logits: z.array(z.number()),
        }),
      )
      .min(1)
      .max(MAX_GOLDEN_ANSWERS),
  }),
  /** Absent in folders of models that know nothing of their training pictures. */
  trainingFeatures: z.object({ file: filePath, sha256: digest }).optional(),
  /** Every other file of the folder; absent where there are head and golden pictures only. */
  files: z
    .array(
      z.object({
        path: filePath,
        sizeBytes: z.number().int().min(0).max(MAX_NETWORK_BYTES),
        sha256: digest,
      }),
    )
    .max(MAX_FILES)
    .optional(),
});

function areDistinct(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}

/** A model outside the database: everything of it but the backbone's weights, which it names by digest. */
export type ModelRecord = z.infer<typeof recordSchema>;
export type FolderFile = NonNullable<ModelRecord['files']>[number];

/** The digest that a record must have. */
export function digestOf(
  record: Pick<ModelRecord, 'backbone' | 'tuned' | 'head' | 'classes' | 'recipe' | 'calibration'>,
): string {
  return modelDigest({
    backboneSha256: record.backbone.sha256,
    tunedSha256: record.tuned?.sha256 ?? null,
    headSha256: record.head.sha256,
    classes: record.classes,
    recipe: record.recipe,
    mean: record.backbone.mean,
    standardDeviation: record.backbone.standardDeviation,
    featurePoint: record.backbone.featurePoint,
    temperature: appliedTemperature(record.calibration),
  });
}
