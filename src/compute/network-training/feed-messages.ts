import { isInt32Array, isUint8Array } from 'node:util/types';
import { z } from 'zod';
import type { SerializedError } from '../../errors.js';
import { INPUT_PIXELS } from '../../words/picture.js';
import type { PictureBatch } from '../protocol.js';
import type { EpochProgress } from '../../words/run-event.js';

/*
 * Between the thread that trains a network and the one that has the pictures:
 *
 *   trainer                                 feeder
 *     draw(epoch | null)  ------------------> begins an epoch, or the validation
 *                         <------------------ batch, up to AHEAD_BATCHES of them unasked
 *     taken               ------------------> one more
 *                         <------------------ end
 *     epoch(progress, checkpoint) ----------> stores both, while the next epoch is drawn and trained
 *                         <------------------ stored
 *                         <------------------ failed, instead of anything else: the training ends with this error
 */

/** Batches on their way: one is trained on, the next lies ready, another is being put together. */
export const AHEAD_BATCHES = 2;

const bytes = z.custom<Uint8Array>(isUint8Array);
const finiteOrNull = z.number().nullable();

const progressSchema = z.object({
  number: z.number().int().min(1),
  trainLoss: z.number(),
  trainAccuracy: z.number(),
  validationLoss: finiteOrNull,
  validationAccuracy: finiteOrNull,
}) satisfies z.ZodType<EpochProgress>;

const batchSchema = z
  .object({
    inputs: bytes,
    labels: z.custom<Int32Array>(isInt32Array),
    keys: z.array(z.string()).readonly(),
  })
  .refine(({ inputs, labels, keys }) => {
    return (
      labels.length > 0 && inputs.length === labels.length * INPUT_PIXELS && keys.length === labels.length
    );
  }) satisfies z.ZodType<PictureBatch>;

export const trainerMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('draw'), epoch: z.number().int().min(1).nullable() }),
  z.object({ kind: z.literal('taken') }),
  z.object({ kind: z.literal('epoch'), progress: progressSchema, checkpoint: bytes }),
]);
export type TrainerMessage = z.infer<typeof trainerMessage>;

export const feederMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('batch'), batch: batchSchema }),
  z.object({ kind: z.literal('end') }),
  z.object({ kind: z.literal('stored') }),
  z.object({ kind: z.literal('failed'), error: z.custom<SerializedError>() }),
]);
export type FeederMessage = z.infer<typeof feederMessage>;
