import type { Scalar } from '@tensorflow/tfjs-core';
import { parentPort, workerData } from 'node:worker_threads';
import { GelqlError } from '../../src/errors.js';
import type { EngineName } from '../../src/words/device.js';
import {
  computeLogits,
  differentiate,
  type TensorFlow,
  uploadLayers,
  uploadTargets,
} from '../../src/compute/tasks/head-layers.js';
import { runHeadTraining } from '../../src/compute/tasks/run-head-training.js';
import { trainHead } from '../../src/compute/tasks/train-head.js';
import type { Job, JobAnswer } from './head-training-jobs.js';

type Outcome = Partial<JobAnswer>;

async function startEngine(engine: EngineName): Promise<TensorFlow> {
  if (engine === 'tensorflow') {
    return (await import('../../src/compute/engines/tensorflow.js')).startTensorflow();
  }
  return (await import('../../src/compute/engines/wasm.js')).startWasm();
}

async function train(tf: TensorFlow, job: Extract<Job, { kind: 'train' }>): Promise<Outcome> {
  const epochs: JobAnswer['epochs'] = [];
  let [batches, turns, isRunning] = [0, 0, true];
  const countTurns = () => {
    turns++;
    if (isRunning) setImmediate(countTurns);
  };
  setImmediate(countTurns);
  const { parameters, keptEpoch, stopReason } = await trainHead(tf, job.task, {
    onEpoch: (epoch) => epochs.push(epoch),
    isCancelled: () => batches++ === job.cancelAfterBatches,
  }).finally(() => (isRunning = false));
  return { epochs, parameters, turns, keptEpoch, stopReason };
}

async function replay(tf: TensorFlow, job: Extract<Job, { kind: 'replay' }>): Promise<Outcome> {
  const stepLosses: number[] = [];
  const { parameters } = await runHeadTraining(
    tf,
    { ...job.training, drawEpoch: () => job.batches },
    { onEpoch: (outcome) => stepLosses.push(...outcome.stepLosses), isCancelled: () => false },
  );
  return { stepLosses, parameters };
}

/** The written-out gradients beside those that TensorFlow.js derives from the same forward pass. */
async function compareGradients(
  tf: TensorFlow,
  job: Extract<Job, { kind: 'compare-gradients' }>,
): Promise<Outcome> {
  await import('@tensorflow/tfjs-layers');
  const { inputs, labels } = job.batch;
  const layers = uploadLayers(tf, job.parameters);
  const differences = tf.tidy(() => {
    const x = tf.tensor2d(inputs, [labels.length, inputs.length / labels.length]);
    const loss = uploadTargets(tf, labels, job.classCount, job.loss);
    const masks = job.masks.map((mask) => tf.tensor2d(mask, [labels.length, mask.length / labels.length]));
    const { slopes } = differentiate(tf, layers, { inputs: x, loss, masks });
    const derived = tf.variableGrads(() => {
      const hidden = layers
        .slice(0, -1)
        .reduce<typeof x>(
          (values, layer, index) =>
            tf.mul(tf.relu(computeLogits(tf, [layer], values)), masks[index] ?? tf.onesLike(values)),
          x,
        );
      const logits = computeLogits(tf, layers.slice(-1), hidden);
      const weighed = tf.mul(loss.targets, tf.logSoftmax(logits));
      return tf.mul<Scalar>(tf.sum<Scalar>(weighed), -1 / loss.total);
    });
    return slopes.map(({ parameter, gradient }) => {
      const reference = derived.grads[parameter.name];
      return reference === undefined
        ? Infinity
        : (tf.max(tf.abs(tf.sub(gradient, reference))).dataSync()[0] ?? NaN);
    });
  });
  tf.dispose(layers.flatMap(({ kernel, bias }) => [kernel, bias]));
  return { largestGradientDifference: Math.max(...differences) };
}

async function perform(tf: TensorFlow, job: Job): Promise<Outcome> {
  switch (job.kind) {
    case 'train':
      return train(tf, job);
    case 'replay':
      return replay(tf, job);
    case 'compare-gradients':
      return compareGradients(tf, job);
  }
}

async function answer(tf: TensorFlow, job: Job): Promise<Outcome> {
  const tensorsBefore = tf.memory().numTensors;
  const outcome: Outcome = await perform(tf, job).catch((error: unknown) => {
    if (error instanceof GelqlError) return { errorCode: error.code };
    throw error;
  });
  return { errorCode: null, ...outcome, tensorsBefore, tensorsAfter: tf.memory().numTensors };
}

const { engine, jobs } = workerData as { engine: EngineName; jobs: Job[] };
const started = await startEngine(engine).catch((error: unknown) => String(error));
if (typeof started === 'string') {
  parentPort?.postMessage({ available: false, reason: started });
} else {
  const answers: Outcome[] = [];
  for (const job of jobs) answers.push(await answer(started, job));
  parentPort?.postMessage({ available: true, answers });
}
