import type { TrainingEnd, TrainingRules } from '../../src/words/training-rules.js';
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { openBackbone } from '../../src/compute/engines/backbone-session.js';
import {
  compileForTensorflow,
  startTensorflow,
  TENSORFLOW_TRAINING,
} from '../../src/compute/engines/tensorflow.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/compute/network-training/checkpoint-file.js';
import { trainNetwork, type NetworkCheckpoint } from '../../src/compute/network-training/train-network.js';
import { scoreLogits } from '../../src/compute/tasks/head-loss.js';
import { GelqlError } from '../../src/errors.js';
import { INPUT_PIXELS } from '../../src/words/picture.js';
import { applyHead } from '../../src/networks/heads.js';
import { loadBackboneTensors } from '../../src/networks/weights/backbones.js';
import { createRandom } from '../../src/random.js';
import type { TrainingBackend } from '../../src/compute/engines/engine.js';
import type { PictureBatch } from '../../src/compute/protocol.js';
import type { EpochProgress } from '../../src/words/run-event.js';
import type { BackboneRecord } from '../../src/words/architecture.js';
import type { TrainedPart } from '../../src/words/training-settings.js';

export interface TrainingQuestion {
  backbone: BackboneRecord;
  part: TrainedPart;
  epochs: number;
  rules: TrainingRules;
  checkpoint: NetworkCheckpoint | null;
  /** Batches until it is cancelled; null never. */
  cancelAfter: number | null;
  /** Whether the card goes away while weights are read back. */
  losesDevice: boolean;
  /** Multiplies the learning rates. */
  rateFactor: number;
}
export interface TrainingAnswer {
  errorCode: string | null;
  epochs: EpochProgress[];
  checkpoints: NetworkCheckpoint[];
  digest: string;
  end: TrainingEnd | null;
  moved: string[];
  /** Validation loss of the moved network in an ordinary session with the head behind it. */
  servedLoss: number;
  tensorsLeft: number;
}

const [BATCH, BATCHES, CLASSES] = [3, 2, 2];

/** Stripes of another width for each class, in noise that the picture's number gives. */
function drawBatch(first: number): PictureBatch {
  const inputs = new Uint8Array(BATCH * INPUT_PIXELS);
  const labels = Int32Array.from({ length: BATCH }, (_, row) => (first + row) % CLASSES);
  labels.forEach((label, row) => {
    const random = createRandom(first + row, 'noise');
    const width = label === 0 ? 8 : 24;
    for (let pixel = 0; pixel < INPUT_PIXELS; pixel++) {
      const stripe = Math.floor(pixel / 224 / width) % 2;
      inputs[row * INPUT_PIXELS + pixel] = 60 + 100 * stripe + random.nextBelow(60);
    }
  });
  return { inputs, labels, keys: Array.from(labels, (_, row) => String(first + row)) };
}

async function* drawEpoch(number: number) {
  for (let batch = 0; batch < BATCHES; batch++) yield drawBatch(((batch + number) % BATCHES) * BATCH);
}
async function* drawValidation() {
  yield drawBatch(100);
}

const { backbone, part, epochs, rules, checkpoint, cancelAfter, losesDevice, rateFactor } =
  workerData as TrainingQuestion;
const losing: TrainingBackend = {
  ...TENSORFLOW_TRAINING,
  async watch(pictures, step) {
    if (pictures === 0) throw new GelqlError('DEVICE_LOST', 'The card went away.');
    return step();
  },
};
await startTensorflow();
const tensorsBefore = tf.memory().numTensors;
const done: TrainingAnswer = {
  errorCode: null,
  epochs: [],
  checkpoints: [],
  digest: '',
  end: null,
  moved: [],
  servedLoss: NaN,
  tensorsLeft: NaN,
};
let batches = 0;
try {
  const { head, moved, ...end } = await trainNetwork(
    losesDevice ? losing : TENSORFLOW_TRAINING,
    {
      backbone,
      tensors: await loadBackboneTensors(backbone),
      part,
      head: 'MULTI',
      classCount: CLASSES,
      optimizer: 'ADAM',
      learningRate: 1e-3 * rateFactor,
      backboneLearningRate: 1e-4 * rateFactor,
      epochs,
      rules,
      seed: 4,
      drawEpoch,
      drawValidation,
      checkpoint,
    },
    {
      async onEpoch(progress, save) {
        done.epochs.push(progress);
        // As it is stored, and read again.
        done.checkpoints.push(decodeCheckpoint(encodeCheckpoint(await save())));
      },
      onStep: () => undefined,
      isCancelled: () => batches++ === cancelAfter,
    },
  );
  done.tensorsLeft = tf.memory().numTensors - tensorsBefore;
  const hash = createHash('sha256');
  for (const map of [head, moved]) for (const [name, { data }] of map) hash.update(name).update(data);
  done.digest = hash.digest('hex');
  done.moved = [...moved.keys()];
  done.end = end;
  const effective = new Map([...(await loadBackboneTensors(backbone)), ...moved]);
  const session = await openBackbone(compileForTensorflow, backbone, effective, {
    sumsPlanes: true,
    batchSizes: [1, 2, 4, 8],
  });
  for await (const { inputs, labels } of drawValidation()) {
    const { features } = await session.extractFeatures(inputs, labels.length, { lastMaps: false });
    const { lossSum } = scoreLogits(applyHead(head, features, labels.length), labels, rules.loss);
    done.servedLoss = lossSum / labels.length;
  }
} catch (error) {
  if (!(error instanceof GelqlError)) throw error;
  done.errorCode = error.code;
  done.tensorsLeft = tf.memory().numTensors - tensorsBefore;
}
parentPort?.postMessage(done);
