/**
 * One engine on this machine's graphics card: `node measure-engine.mjs ENGINE [--software] [--batches 1,8,32] [--networks a,b]`.
 * Prints lines of JSON. Runs bundled, with nothing installed (pack.ts), or from the sources through tsx.
 */
import { PLAIN_RULES } from '../../src/words/training-rules.js';
import { parseArgs } from 'node:util';
import { trainHead } from '../../src/compute/tasks/train-head.js';
import { ENGINES } from '../../src/compute/engines/table.js';
import type { BackboneSession } from '../../src/compute/engines/engine.js';
import { ENGINE_NAMES, type EngineName } from '../../src/words/device.js';
import { readConfig } from '../../src/config.js';
import type { TrainHeadTask } from '../../src/compute/protocol.js';
import { INPUT_PIXELS } from '../../src/words/picture.js';
import { ARCHITECTURES, type Architecture } from '../../src/words/architecture.js';
import { normalisationTables, normalise } from '../../src/networks/normalise.js';
import { createRandom } from '../../src/random.js';
import { formulaWeights } from '../../test/support/formula-weights.js';
import { formulaBackbone } from './formula-backbone.js';

const SALT = 5;
const TIMED_MS = 1_500;
const MIN_RUNS = 5;
const CHECKED = 8;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    software: { type: 'boolean', default: false },
    batches: { type: 'string', default: '1,8,32,128,256' },
    networks: { type: 'string', default: ARCHITECTURES.join(',') },
  },
});
const engineName = ENGINE_NAMES.find((name) => name === positionals[0]);
if (engineName === undefined) throw new Error(`name an engine: ${ENGINE_NAMES.join(', ')}`);
const batches = flags.batches.split(',').map(Number);
const networks = ARCHITECTURES.filter((name) => flags.networks.split(',').includes(name));
const options = { threads: 8, softwareGpu: flags.software, card: null, cacheDir: readConfig().cacheDir };

const print = (line: object) => console.log(JSON.stringify({ engine: engineName, ...line }));

/** Every picture differs from every other. @returns [count, 224, 224] */
function pictures(count: number): Uint8Array {
  const random = createRandom(SALT, 'pictures');
  return Uint8Array.from({ length: count * INPUT_PIXELS }, () => random.nextFloat() * 256);
}

async function featuresOf(session: BackboneSession, inputs: Uint8Array, count: number) {
  return (await session.extractFeatures(inputs, count, { lastMaps: false })).features;
}

async function open(engine: EngineName, architecture: Architecture): Promise<BackboneSession> {
  const created = await ENGINES[engine].create(options);
  return created.loadBackbone(formulaBackbone(architecture), formulaWeights(architecture, SALT));
}

/** Median milliseconds of a call, bytes of the host to features on the host. */
async function timeCalls(session: BackboneSession, inputs: Uint8Array, count: number): Promise<number> {
  await featuresOf(session, inputs, count);
  await featuresOf(session, inputs, count);
  const times: number[] = [];
  const startedAt = performance.now();
  while (times.length < MIN_RUNS || performance.now() - startedAt < TIMED_MS) {
    const callStartedAt = performance.now();
    await featuresOf(session, inputs, count);
    times.push(performance.now() - callStartedAt);
  }
  return times.sort((left, right) => left - right)[Math.floor(times.length / 2)] ?? NaN;
}

/** The part of a call that the processor spends on turning bytes into the network's input. */
function timeNormalising(architecture: Architecture, count: number): number {
  const inputs = pictures(count);
  const tables = normalisationTables(formulaBackbone(architecture), { sumsPlanes: true });
  const values = normalise(inputs, count, tables, 'NHWC');
  const startedAt = performance.now();
  normalise(inputs, count, tables, 'NHWC', values);
  return performance.now() - startedAt;
}

/** Largest difference, relative to the largest reference value. */
function difference(expected: Float32Array, actual: Float32Array): number {
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return (
    expected.reduce((worst, value, at) => Math.max(worst, Math.abs(value - (actual[at] ?? NaN))), 0) / scale
  );
}

/** Whether a picture has the same bits wherever it stands in a call of CHECKED pictures, whatever the others are. */
async function isStable(session: BackboneSession, size: number): Promise<boolean> {
  const inputs = pictures(CHECKED);
  const turned = Uint8Array.from(inputs);
  turned.set(inputs.subarray(INPUT_PIXELS));
  turned.set(inputs.subarray(0, INPUT_PIXELS), (CHECKED - 1) * INPUT_PIXELS);
  const first = await featuresOf(session, inputs, CHECKED);
  const second = await featuresOf(session, turned, CHECKED);
  const isSame = (row: number, turnedRow: number) =>
    Buffer.from(first.slice(row * size, (row + 1) * size).buffer).equals(
      Buffer.from(second.slice(turnedRow * size, (turnedRow + 1) * size).buffer),
    );
  return Array.from({ length: CHECKED }, (_, row) => isSame(row, (row + CHECKED - 1) % CHECKED)).every(
    Boolean,
  );
}

async function measureNetwork(engine: EngineName, architecture: Architecture): Promise<void> {
  const startedAt = performance.now();
  const session = await open(engine, architecture);
  const inputs = pictures(CHECKED);
  const features = await featuresOf(session, inputs, CHECKED);
  print({ architecture, firstAnswerMs: performance.now() - startedAt });
  const reference = await open('onnxruntime', architecture);
  const expected = await featuresOf(reference, inputs, CHECKED);
  await reference.release();
  print({
    architecture,
    differenceFromCpu: difference(expected, features),
    isStable: await isStable(session, features.length / CHECKED),
  });
  for (const batch of batches) {
    const ms = await timeCalls(session, pictures(batch), batch);
    const normaliseMs = timeNormalising(architecture, batch);
    print({ architecture, batch, ms, picturesPerSecond: (1000 * batch) / ms, normaliseMs });
  }
  await session.release();
}

/** 92 pictures, 512 features, the MULTI head, batch 23, 20 epochs; the second of two runs, without start-up. */
async function measureHead(engine: EngineName): Promise<void> {
  await ENGINES[engine].create(options);
  const tf = await import('@tensorflow/tfjs-core');
  const random = createRandom(SALT, 'head');
  const count = 92;
  const task: TrainHeadTask = {
    engine,
    head: 'MULTI',
    featureSize: 512,
    classCount: 2,
    optimizer: 'ADAM',
    learningRate: 0.001,
    batchSize: 23,
    epochs: 20,
    rules: PLAIN_RULES,
    seed: 1,
    count,
    views: 1,
    features: Float32Array.from({ length: count * 512 }, () => random.nextFloat()),
    labels: Int32Array.from({ length: count }, (_, index) => index % 2),
    trainIndices: Int32Array.from({ length: count }, (_, index) => index),
    validationIndices: new Int32Array(0),
  };
  for (const run of ['first', 'second']) {
    const { trainMs } = await trainHead(tf, task, { isCancelled: () => false, onEpoch: () => undefined });
    print({ head: 'MULTI', run, trainMs });
  }
}

const probe = await ENGINES[engineName].probe(options);
print(probe);
if (probe.available) {
  for (const architecture of networks) {
    await measureNetwork(engineName, architecture).catch((error: unknown) => {
      print({ architecture, failure: error instanceof Error ? error.message : String(error) });
    });
  }
  if (ENGINES[engineName].trainsHeads) await measureHead(engineName);
}
process.exit(0);
