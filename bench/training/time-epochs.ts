import { PLAIN_RULES } from '../../src/words/training-rules.js';
import type { TrainingBackend } from '../../src/compute/engines/engine.js';
import { trainNetwork } from '../../src/compute/network-training/train-network.js';
import type { PictureBatch } from '../../src/compute/protocol.js';
import { INPUT_PIXELS } from '../../src/words/picture.js';
import type { Architecture } from '../../src/words/architecture.js';
import type { TrainedPart } from '../../src/words/training-settings.js';
import { createRandom } from '../../src/random.js';
import { formulaWeights } from '../../test/support/formula-weights.js';
import { formulaBackbone } from '../gpu/formula-backbone.js';

const SALT = 5;
const RATE = 1e-6;

export interface TimedTraining {
  architecture: Architecture;
  part: TrainedPart;
  pictures: number;
  batch: number;
  epochs: number;
}

/**
 * Seconds of each epoch of training inside a network, Adam, on pictures that are decoded already.
 * @param between called before each epoch
 */
export async function timeEpochs(
  backend: TrainingBackend,
  { architecture, part, pictures, batch, epochs }: TimedTraining,
  between: (epoch: number) => Promise<void>,
): Promise<number[]> {
  const batches = Array.from(drawBatches(pictures, batch));
  const seconds: number[] = [];
  let startedAt = NaN;
  await trainNetwork(
    backend,
    {
      backbone: formulaBackbone(architecture),
      tensors: formulaWeights(architecture, SALT),
      part,
      head: 'SINGLE',
      classCount: 2,
      optimizer: 'ADAM',
      learningRate: RATE,
      backboneLearningRate: RATE,
      epochs,
      rules: PLAIN_RULES,
      seed: 1,
      async *drawEpoch(number) {
        await between(number);
        startedAt = performance.now();
        yield* batches;
      },
      async *drawValidation() {},
      checkpoint: null,
    },
    {
      onEpoch: async () => void seconds.push((performance.now() - startedAt) / 1000),
      onStep: () => undefined,
      isCancelled: () => false,
    },
  );
  return seconds;
}

function* drawBatches(pictures: number, batch: number): Generator<PictureBatch> {
  const random = createRandom(SALT, 'pictures');
  for (let start = 0; start < pictures; start += batch) {
    const count = Math.min(batch, pictures - start);
    yield {
      inputs: Uint8Array.from({ length: count * INPUT_PIXELS }, () => random.nextBelow(256)),
      labels: Int32Array.from({ length: count }, (_, row) => (start + row) % 2),
      keys: Array.from({ length: count }, (_, row) => String(start + row)),
    };
  }
}
