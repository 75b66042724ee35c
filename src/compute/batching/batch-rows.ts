import { GelqlError } from '../../errors.js';
import { INPUT_PIXELS } from '../../words/picture.js';
import type { FeatureBatch } from '../engines/engine.js';
import type { ExtractedFeatures } from '../protocol.js';

/** What one picture gets out of its batch. */
export interface BatchRow {
  /** [D]. */
  features: Float32Array;
  /** NHWC [height, width, channels], where asked for. */
  lastMaps?: NonNullable<FeatureBatch['lastMaps']>;
  /** Time of the whole batch in the engine. */
  inferMs: number;
  batchSize: number;
}

/** @returns [count, 224, 224] */
export function joinInputs(batch: readonly { input: Uint8Array }[]): Uint8Array {
  const inputs = new Uint8Array(batch.length * INPUT_PIXELS);
  batch.forEach(({ input }, row) => inputs.set(input, row * INPUT_PIXELS));
  return inputs;
}

/** @throws GelqlError INTERNAL where the answer does not divide into `count` rows */
export function pickRow(result: ExtractedFeatures, row: number, count: number, lastMaps: boolean): BatchRow {
  return {
    features: sliceRow(result.features, row, count),
    inferMs: result.inferMs,
    batchSize: count,
    ...(lastMaps && result.lastMaps !== undefined
      ? { lastMaps: { ...result.lastMaps, data: sliceRow(result.lastMaps.data, row, count) } }
      : {}),
  };
}

/** Copies one row, so that an answer which is kept does not keep its whole batch. */
function sliceRow(values: Float32Array, row: number, count: number): Float32Array {
  const size = values.length / count;
  if (!Number.isInteger(size) || size === 0) {
    throw new GelqlError('INTERNAL', `The engine answered ${values.length} values for ${count} pictures.`);
  }
  return values.slice(row * size, (row + 1) * size);
}
