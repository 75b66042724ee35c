import type { CompileNetwork } from '../engines/network.js';
import type { TensorMap } from '../../words/architecture.js';
import type { Graph } from '../../networks/graph.js';
import { normalise } from '../../networks/normalise.js';
import { INPUT_PIXELS } from '../../words/picture.js';

/** Maps kept in memory: 2,600 views of ResNet18's 14 x 14 x 256. What is beyond is computed anew in each epoch. */
const KEPT_BYTES = 512 * 1024 * 1024;

/** What the trained side of a network takes, NHWC, picture by picture. */
export interface TrainedInputs {
  /**
   * @param inputs grey rasters [keys.length, 224, 224]
   * @param keys one for each view of a picture
   */
  of(inputs: Uint8Array, keys: readonly string[]): Promise<Float32Array>;
  release(): Promise<void>;
}

/** Normalised pictures, where everything is trained. */
export function normalisedInputs(tables: readonly Float32Array[]): TrainedInputs {
  return {
    of: async (inputs, keys) => normalise(inputs, keys.length, tables, 'NHWC'),
    release: async () => undefined,
  };
}

/**
 * What the frozen side gives. It goes through each view alone, so that its bits depend neither on the batch nor on whether
 * they were kept.
 */
export async function frozenInputs(
  compile: CompileNetwork,
  frozen: Graph,
  tensors: TensorMap,
  tables: readonly Float32Array[],
): Promise<TrainedInputs> {
  const network = await compile(frozen, tensors);
  const kept = new Map<string, Float32Array>();
  let keptBytes = 0;

  async function mapsOf(input: Uint8Array, key: string): Promise<Float32Array> {
    const known = kept.get(key);
    if (known !== undefined) return known;
    const answer = await network.run(normalise(input, 1, tables, network.order), 1, ['features']);
    const maps = Float32Array.from(answer.features);
    if (keptBytes + maps.byteLength <= KEPT_BYTES) {
      kept.set(key, maps);
      keptBytes += maps.byteLength;
    }
    return maps;
  }

  return {
    async of(inputs, keys) {
      const rows: Float32Array[] = [];
      for (const [row, key] of keys.entries()) {
        rows.push(await mapsOf(inputs.subarray(row * INPUT_PIXELS, (row + 1) * INPUT_PIXELS), key));
      }
      const size = rows[0]?.length ?? 0;
      const all = new Float32Array(rows.length * size);
      rows.forEach((values, row) => all.set(values, row * size));
      return all;
    },
    release: () => network.release(),
  };
}
