import type { BackboneRecord } from './architecture.js';

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
 * @returns [count, planes, pixels] or [count, pixels, planes]
 */
export function normalise(
  inputs: Uint8Array,
  count: number,
  tables: readonly Float32Array[],
  order: PlaneOrder,
): Float32Array {
  const pixels = inputs.length / count;
  const values = new Float32Array(inputs.length * tables.length);
  const [pixelStride, planeStride] = order === 'NCHW' ? [1, pixels] : [tables.length, 1];
  tables.forEach((table, plane) => {
    for (let picture = 0; picture < count; picture++) {
      const source = picture * pixels;
      const target = source * tables.length + plane * planeStride;
      for (let pixel = 0; pixel < pixels; pixel++) {
        values[target + pixel * pixelStride] = table[inputs[source + pixel] ?? 0] ?? 0;
      }
    }
  });
  return values;
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
