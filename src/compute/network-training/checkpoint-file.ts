import { z } from 'zod';
import { GelqlError } from '../../errors.js';
import { readSafetensors, writeSafetensors } from '../../networks/weights/safetensors.js';
import type { TensorMap } from '../../words/architecture.js';
import { PARAMETER_PREFIX } from './network-trainer.js';
import type { KeptEpoch, NetworkCheckpoint } from './train-network.js';

const FORMAT = 'gelql-network-checkpoint/2';
/** The keys of what is kept of an earlier epoch begin with it. */
const BEST_PREFIX = 'best/';
const metadataSchema = z.object({
  format: z.literal(FORMAT),
  epoch: z.coerce.number().int().min(1),
  stepCount: z.coerce.number().int().min(0),
  bestEpoch: z.coerce.number().int().min(1).optional(),
  bestLoss: z.coerce.number().optional(),
});

/**
 * A safetensors file (float32: the same bits) with the number of the epoch and of the steps as metadata. Parameters of the
 * best epoch are in it where that is not the last, which has them already.
 */
export function encodeCheckpoint({ epoch, state, best }: NetworkCheckpoint): Uint8Array {
  const metadata = { format: FORMAT, epoch: String(epoch), stepCount: String(state.stepCount) };
  const kept = best === null || best.number === epoch ? [] : [...best.tensors];
  const tensors = new Map([
    ...state.tensors,
    ...kept.map(([name, tensor]) => [`${BEST_PREFIX}${name}`, tensor] as const),
  ]);
  const facts = best && { bestEpoch: String(best.number), bestLoss: String(best.loss) };
  return writeSafetensors(tensors, { metadata: { ...metadata, ...facts }, dtype: 'F32' });
}

/** @throws GelqlError WEIGHTS_INVALID where the bytes are not what `encodeCheckpoint` writes */
export function decodeCheckpoint(bytes: Uint8Array): NetworkCheckpoint {
  const { tensors, metadata } = readSafetensors(bytes);
  const parsed = metadataSchema.safeParse(metadata);
  if (!parsed.success) throw new GelqlError('WEIGHTS_INVALID', 'The checkpoint cannot be read.');
  const { epoch, stepCount, bestEpoch, bestLoss } = parsed.data;
  const state = [...tensors].filter(([name]) => !name.startsWith(BEST_PREFIX));
  const best: KeptEpoch | null =
    bestEpoch === undefined || bestLoss === undefined
      ? null
      : { number: bestEpoch, loss: bestLoss, tensors: keptTensors(tensors, bestEpoch === epoch) };
  return { epoch, state: { stepCount, tensors: new Map(state) }, best };
}

function keptTensors(tensors: TensorMap, isLast: boolean): TensorMap {
  const prefix = isLast ? '' : BEST_PREFIX;
  const kept = [...tensors].filter(([name]) => name.startsWith(`${prefix}${PARAMETER_PREFIX}`));
  return new Map(kept.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}
