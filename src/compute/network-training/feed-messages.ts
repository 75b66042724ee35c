import { z } from 'zod';
import { INPUT_PIXELS } from '../../words/picture.js';
import { bytes, epochProgress, integers } from '../task-answers.js';
import { serializedError } from '../messages.js';
import type { PictureBatch } from '../protocol.js';

/*
 * Between the worker that trains a network and the thread that has the pictures, as messages of its task:
 *
 *   trainer                                 feeder
 *     draw(epoch | null)  ------------------> begins an epoch, or the validation
 *                         <------------------ batch, up to AHEAD_BATCHES of them unasked
 *     taken               ------------------> one more
 *                         <------------------ end
 *     step                ------------------> tells how fast it goes
 *     epoch(progress, checkpoint) ----------> stores both, while the next epoch is drawn and trained
 *                         <------------------ stored
 *                         <------------------ failed, instead of anything else: the training ends with this error
 */

/** Batches on their way: one is trained on, the next lies ready, another is being put together. */
export const AHEAD_BATCHES = 2;

const batchSchema = z
  .object({ inputs: bytes, labels: integers, keys: z.array(z.string()).readonly() })
  .refine(({ inputs, labels, keys }) => {
    return (
      labels.length > 0 && inputs.length === labels.length * INPUT_PIXELS && keys.length === labels.length
    );
  }) satisfies z.ZodType<PictureBatch>;

export const trainerMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('draw'), epoch: z.number().int().min(1).nullable() }),
  z.object({ kind: z.literal('taken') }),
  z.object({
    kind: z.literal('step'),
    pictures: z.number().int().min(1),
    picturesPerSecond: z.number().nonnegative(),
  }),
  z.object({ kind: z.literal('epoch'), progress: epochProgress, checkpoint: bytes }),
]);
export type TrainerMessage = z.infer<typeof trainerMessage>;

export const feederMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('batch'), batch: batchSchema }),
  z.object({ kind: z.literal('end') }),
  z.object({ kind: z.literal('stored') }),
  z.object({ kind: z.literal('failed'), error: serializedError }),
]);
export type FeederMessage = z.infer<typeof feederMessage>;
