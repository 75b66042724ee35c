import { isFloat32Array, isInt32Array, isMap, isUint8Array } from 'node:util/types';
import { z } from 'zod';
import type { PreparedImage } from '../images/prepare-image.js';
import type { Thumbnail } from '../images/thumbnail.js';
import type { TensorMap } from '../words/architecture.js';
import { PICTURE_FORMATS, PICTURE_WARNINGS, POLARITIES, type PictureFacts } from '../words/picture.js';
import type { EpochProgress } from '../words/run-event.js';
import { STOP_REASONS } from '../words/training-rules.js';
import type { EngineProbe } from './engines/engine.js';
import type { SessionTimings } from './measuring/measure-session.js';
import type { ExtractedFeatures, TrainedHead, TunedNetwork } from './protocol.js';

/** What comes out of the compute workers, while they work and at the end. */

export const bytes = z.custom<Uint8Array>(isUint8Array, 'must be a Uint8Array');
export const floats = z.custom<Float32Array>(isFloat32Array, 'must be a Float32Array');
export const integers = z.custom<Int32Array>(isInt32Array, 'must be an Int32Array');
export const atLeast = (minimum: number) => z.number().int().min(minimum);
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits');
/** Also what is not finite: a loss may be. */
const anyNumber = z.custom<number>((value) => typeof value === 'number', 'must be a number');
const milliseconds = z.number().nonnegative();
const tensorSchema = z.object({ shape: z.array(atLeast(0)), data: floats });
const tensors = z.custom<TensorMap>(isTensorMap, 'must be a map of tensors');

function isTensorMap(value: unknown): boolean {
  if (!isMap(value)) return false;
  return [...value].every(
    ([name, tensor]) => typeof name === 'string' && tensorSchema.safeParse(tensor).success,
  );
}

const pictureFacts: z.ZodType<PictureFacts> = z.looseObject({
  format: z.enum(PICTURE_FORMATS),
  sizeBytes: atLeast(0),
  sha256,
  width: atLeast(1),
  height: atLeast(1),
  pageCount: atLeast(1),
  page: atLeast(0),
  bitDepth: atLeast(1),
  channels: atLeast(1),
  hasAlpha: z.boolean(),
  orientation: atLeast(1),
  encoding: z.enum(['linear', 'sqrt']),
  rasterSha256: sha256,
  stretchLow: z.number(),
  stretchHigh: z.number(),
  saturatedFraction: z.number(),
  meanGrey: z.number(),
  standardDeviationGrey: z.number(),
  polarityGuess: z.enum(POLARITIES),
  perceptualHash: z.string().nullable(),
});

export const preparedImage = z.object({
  facts: pictureFacts,
  warnings: z.array(z.enum(PICTURE_WARNINGS)),
  inputs: bytes,
  miniature: bytes,
  decodeMs: milliseconds,
}) satisfies z.ZodType<PreparedImage>;

export const thumbnail = z.object({
  width: atLeast(1),
  height: atLeast(1),
  jpeg: bytes,
}) satisfies z.ZodType<Thumbnail>;

export const extractedFeatures = z.object({
  features: floats,
  lastMaps: z
    .object({ data: floats, height: atLeast(1), width: atLeast(1), channels: atLeast(1) })
    .optional(),
  inferMs: milliseconds,
}) as z.ZodType<ExtractedFeatures>;

const trainingEnd = { keptEpoch: atLeast(1), stopReason: z.enum(STOP_REASONS) };

export const trainedHead = z.object({
  ...trainingEnd,
  parameters: tensors,
  trainMs: milliseconds,
}) satisfies z.ZodType<TrainedHead>;

/** What a training tells after each epoch. */
export const epochProgress = z.object({
  number: atLeast(1),
  trainLoss: anyNumber,
  trainAccuracy: anyNumber,
  validationLoss: anyNumber.nullable(),
  validationAccuracy: anyNumber.nullable(),
}) satisfies z.ZodType<EpochProgress>;

export const tunedNetwork = z.object({
  ...trainingEnd,
  head: tensors,
  tunedWeights: bytes,
  trainMs: milliseconds,
  waitedMs: milliseconds,
}) satisfies z.ZodType<TunedNetwork>;

export const engineProbe = z.discriminatedUnion('available', [
  z.object({ available: z.literal(true), version: z.string() }),
  z.object({ available: z.literal(false), reason: z.string() }),
]) satisfies z.ZodType<EngineProbe>;

/** What a measurement tells as soon as it is known. */
export const timing = z.object({ batchSize: atLeast(1), msPerPicture: z.number().positive() });
export const sessionTimings = z.object({
  timings: z.array(timing),
  failure: z.string().nullable(),
}) satisfies z.ZodType<SessionTimings>;
