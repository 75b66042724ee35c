import { z } from 'zod';
import { GelqlError } from '../../errors.js';
import { readSafetensors, writeSafetensors } from '../../networks/weights/safetensors.js';
import type { NetworkCheckpoint } from './train-network.js';

const FORMAT = 'gelql-network-checkpoint/1';
const metadataSchema = z.object({
  format: z.literal(FORMAT),
  epoch: z.coerce.number().int().min(1),
  stepCount: z.coerce.number().int().min(0),
});

/** A safetensors file (float32: the same bits) with the number of the epoch and of the steps as metadata. */
export function encodeCheckpoint({ epoch, state }: NetworkCheckpoint): Uint8Array {
  const metadata = { format: FORMAT, epoch: String(epoch), stepCount: String(state.stepCount) };
  return writeSafetensors(state.tensors, { metadata, dtype: 'F32' });
}

/** @throws GelqlError WEIGHTS_INVALID where the bytes are not what `encodeCheckpoint` writes */
export function decodeCheckpoint(bytes: Uint8Array): NetworkCheckpoint {
  const { tensors, metadata } = readSafetensors(bytes);
  const parsed = metadataSchema.safeParse(metadata);
  if (!parsed.success) throw new GelqlError('WEIGHTS_INVALID', 'The checkpoint cannot be read.');
  const { epoch, stepCount } = parsed.data;
  return { epoch, state: { stepCount, tensors } };
}
