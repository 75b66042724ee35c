import type { BackboneRecord } from '../words/architecture.js';

const LEVELS = 256;

/** Order of the values of one picture: planes one after another (`NCHW`), or a pixel's planes side by side (`NHWC`). */
export type PlaneOrder = 'NCHW' | 'NHWC';

/**
 * One table per plane from grey level to network input, (level / 255 - mean) / deviation, computed in double precision.
 * @param options.sumsPlanes give a single table where all three are equal: the first convolution then needs one plane only
 */
export function normalisationTables(
  backbone: Pick<BackboneRecord, 'mean' | 'standardDeviation'>,
  options: { sumsPlanes: boolean },
): Float32Array[] {
  const { mean, standardDeviation } = backbone;
  const tables = mean.map((planeMean, plane) => {
    const deviation = standardDeviation[plane] ?? 1;
    return Float32Array.from({ length: LEVELS }, (_, level) => (level / 255 - planeMean) / deviation);
  });
  return options.sumsPlanes && areChannelsEqual(backbone) ? tables.slice(0, 1) : tables;
}

/**
 * @param inputs [count, pixels] grey levels
 * @param values takes the result: at least count x planes x pixels; a new array where absent. A new array for every batch
 *   costs more than filling it, because the system clears its pages.
 * @returns [count, planes, pixels] or [count, pixels, planes]: the beginning of `values`
 */
export function normalise(
  inputs: Uint8Array,
  count: number,
  tables: readonly Float32Array[],
  order: PlaneOrder,
  values: Float32Array = new Float32Array(inputs.length * tables.length),
): Float32Array {
  const pixels = inputs.length / count;
  const planes = tables.length;
  const [pixelStride, planeStride] = order === 'NCHW' ? [1, pixels] : [planes, 1];
  for (let picture = 0; picture < count; picture++) {
    const levels = inputs.subarray(picture * pixels, (picture + 1) * pixels);
    for (let plane = 0; plane < planes; plane++) {
      const target = picture * pixels * planes + plane * planeStride;
      spread(levels, tables[plane] as Float32Array, values, target, pixelStride);
    }
  }
  return values.subarray(0, inputs.length * planes);
}

/** `levels` are bytes and the table has an entry for each. */
function spread(
  levels: Uint8Array,
  table: Float32Array,
  values: Float32Array,
  target: number,
  stride: number,
): void {
  for (let pixel = 0; pixel < levels.length; pixel++) {
    values[target + pixel * stride] = table[levels[pixel] as number] as number;
  }
}

/** Whether one plane of a grey picture, normalised, stands for all three. */
export function areChannelsEqual({
  mean,
  standardDeviation,
}: Pick<BackboneRecord, 'mean' | 'standardDeviation'>): boolean {
  return areEqual(mean) && areEqual(standardDeviation);
}

function areEqual(values: readonly number[]): boolean {
  return values.every((value) => value === values[0]);
}
