import { PLAIN_RULES } from '../../src/words/training-rules.js';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pino from 'pino';
import { createAdmission } from '../../src/serving/admission.js';
import { createFeatureService, type BatchObserver } from '../../src/serving/feature-service.js';
import { createBatcher } from '../../src/compute/batching/batcher.js';
import { createFairScheduler } from '../../src/compute/batching/fair-scheduler.js';
import { createCompute } from '../../src/compute/create-compute.js';
import { ENGINE_NAMES, type EngineName } from '../../src/words/device.js';
import { ENGINES } from '../../src/compute/engines/table.js';
import type { Compute, TrainHeadTask } from '../../src/compute/protocol.js';
import type { PreparedImage } from '../../src/images/prepare-image.js';
import type { EpochProgress } from '../../src/words/run-event.js';
import { entryOf } from '../../src/compute/worker-entry.js';
import { readConfig } from '../../src/config.js';
import { INPUT_PIXELS } from '../../src/words/picture.js';
import { createMetrics } from '../../src/metrics.js';
import type { BackboneRecord } from '../../src/words/architecture.js';
import { findBackbone } from '../../src/networks/weights/backbones.js';
import { encodeMadeUpGels } from '../support/made-up-pictures.js';

const BACKBONE_ID = 'mobilenet_v3_large-gelql-1';
const logger = pino({ level: 'silent' });
const cacheDir = await mkdtemp(join(tmpdir(), 'gelql-compute-'));
const config = readConfig({ GELQL_CACHE_DIR: cacheDir, GELQL_TRAINING_WORKERS: '2', GELQL_THREADS: '2' });
const hasWeights = existsSync(resolve(config.modelsDir, 'backbones', `${BACKBONE_ID}.f16.safetensors`));
const compute: Compute = createCompute(config, logger);
const reports = await compute.engines();

let pictures: Uint8Array[];
let prepared: PreparedImage[];
let backbone: BackboneRecord;

beforeAll(async () => {
  pictures = await encodeMadeUpGels(5);
  prepared = await Promise.all(pictures.map((bytes) => prepare(bytes)));
  if (hasWeights) backbone = await findBackbone(BACKBONE_ID, config);
});
afterAll(async () => {
  await compute.close();
  await rm(cacheDir, { recursive: true, force: true });
});

function prepare(bytes: Uint8Array, views = 1, using: Compute = compute): Promise<PreparedImage> {
  const task = { bytes, page: null, recipe: 'gel-v1', views, maxPixels: 1_000_000 } as const;
  return using.prepareImage(task, { lane: 'serving' });
}

function joinInputs(images: PreparedImage[]): Uint8Array {
  const inputs = new Uint8Array(images.length * INPUT_PIXELS);
  images.forEach((image, row) => inputs.set(image.inputs, row * INPUT_PIXELS));
  return inputs;
}

function extract(engine: EngineName, images: PreparedImage[], lane: 'serving' | 'training' = 'serving') {
  const task = { engine, backbone, inputs: joinInputs(images), count: images.length, lastMaps: false };
  return compute.extractFeatures(task, { lane });
}

function largestDifference(left: Float32Array, right: Float32Array): number {
  expect(left.length).toBe(right.length);
  return left.reduce(
    (largest, value, place) => Math.max(largest, Math.abs(value - (right[place] ?? NaN))),
    0,
  );
}

/** Two well separated clouds of features. */
function trainingTask(engine: EngineName, changes: Partial<TrainHeadTask> = {}): TrainHeadTask {
  const [count, featureSize] = [40, 8];
  return {
    engine,
    head: 'SINGLE',
    featureSize,
    classCount: 2,
    optimizer: 'ADAM',
    learningRate: 0.05,
    batchSize: 10,
    epochs: 12,
    rules: PLAIN_RULES,
    seed: 7,
    features: Float32Array.from({ length: count * featureSize }, (_, place) => {
      const picture = Math.floor(place / featureSize);
      return Math.sin(place * 12.9898) * 0.3 + (picture % 2 === 0 ? 1 : -1);
    }),
    count,
    views: 1,
    labels: Int32Array.from({ length: count }, (_, picture) => picture % 2),
    trainIndices: Int32Array.from({ length: 32 }, (_, place) => place),
    validationIndices: Int32Array.from({ length: 8 }, (_, place) => 32 + place),
    ...changes,
  };
}

/** Nice values of this process and of its decoders, by process id. Earlier tests may have left processes that have ended. */
async function readNiceness(): Promise<Map<number, number>> {
  const children = await readFile(`/proc/self/task/${process.pid}/children`, 'utf8');
  const started = children.trim().split(' ').map(Number);
  const isHost = await Promise.all(
    started.map(async (pid) => (await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes('worker-host')),
  );
  const pids = [process.pid, ...started.filter((_, place) => isHost[place])];
  return new Map(pids.map((pid) => [pid, getPriority(pid)]));
}

(process.platform === 'linux' ? describe : describe.skip)('the priority of decoders on Linux', () => {
  it('leaves the main thread as it was, before decoding for answers, before decoding for training', async () => {
    const task = {
      bytes: pictures[0]!,
      page: null,
      recipe: 'gel-v1',
      views: 1,
      maxPixels: 1_000_000,
    } as const;
    await Promise.all([
      compute.prepareImage(task, { lane: 'serving' }),
      compute.prepareImage(task, { lane: 'training' }),
    ]);
    const own = getPriority();
    const niceness = await readNiceness();
    expect(niceness.get(process.pid)).toBe(own);
    niceness.delete(process.pid);
    const expected = [own + 10, own + 15].map((value) => Math.min(19, value));
    expect(new Set(niceness.values())).toEqual(new Set(expected));
  });
});

describe('preparing pictures in processes', () => {
  it('gives facts and network inputs, and leaves the caller its bytes', () => {
    expect(prepared[0]).toMatchObject({ facts: { format: 'png', width: 300, height: 240 }, warnings: [] });
    expect(prepared.map(({ inputs }) => inputs.length)).toEqual(Array(5).fill(INPUT_PIXELS));
    expect(pictures[0]?.byteLength).toBeGreaterThan(100);
  });

  it('makes the same augmented views in every process', async () => {
    const picture = pictures[0] ?? new Uint8Array();
    const [first, second] = await Promise.all([prepare(picture, 3), prepare(picture, 3)]);
    expect(first.inputs.length).toBe(3 * INPUT_PIXELS);
    expect(Buffer.from(first.inputs).equals(Buffer.from(second.inputs))).toBe(true);
    expect(
      Buffer.from(first.inputs.slice(0, INPUT_PIXELS)).equals(Buffer.from(prepared[0]?.inputs ?? [])),
    ).toBe(true);
  });

  it('brings the reason of a refusal across the border', async () => {
    await expect(prepare(new Uint8Array(100))).rejects.toMatchObject({ code: 'UNSUPPORTED_FORMAT' });
    await expect(prepare(pictures[0] ?? new Uint8Array(), 0)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('fails only the picture whose decoder dies', async () => {
    const fragile = createCompute(config, logger, {
      worker: entryOf(resolve('test/support/fragile-worker.ts')),
    });
    try {
      await expect(prepare(Uint8Array.of(3), 1, fragile)).rejects.toMatchObject({ code: 'WORKER_CRASHED' });
      await expect(prepare(Uint8Array.of(4), 1, fragile)).rejects.toMatchObject({
        code: 'WORKER_CRASHED',
        message: expect.stringMatching(/ended with code 4/),
      });
    } finally {
      await fragile.close();
    }
  });
});

describe('a picture that costs too much to decode', () => {
  it.each([
    ['processor time', 100, 'processorSeconds'],
    ['memory', 101, 'residentBytes'],
  ])('is ended for its %s, and the others of that moment are answered', async (_, kind, resource) => {
    const limited = createCompute({ ...config, maxDecodeSeconds: 2, maxPixels: 1_000_000 }, logger, {
      worker: entryOf(resolve('test/support/fragile-worker.ts')),
    });
    try {
      const costly = [1, 2].map((second) => prepare(Uint8Array.of(kind, second), 1, limited));
      const outcomes = costly.map((picture) => picture.catch((error: unknown) => error));
      // Every decoder is busy with a costly one: these wait behind them.
      const others = pictures.map((bytes) => prepare(bytes, 1, limited));
      for (const outcome of await Promise.all(outcomes)) {
        expect(outcome).toMatchObject({ code: 'PICTURE_TOO_COSTLY', facts: { resource } });
      }
      expect((await Promise.all(others)).map(({ facts }) => facts.sha256)).toEqual(
        prepared.map(({ facts }) => facts.sha256),
      );
    } finally {
      await limited.close();
    }
  });
});

test('a batch whose thread dies is computed by the next one', async () => {
  const marker = join(cacheDir, 'dies-once');
  await writeFile(marker, '');
  const dying = createCompute(config, logger, {
    worker: entryOf(resolve('test/support/dying-engine-worker.ts')),
  });
  const metrics = createMetrics(() => 0);
  const observer: BatchObserver = {
    onBatch: (pictures) => metrics.observeBatch(pictures),
    onLoss: (loss) => metrics.countRetriedBatch(loss),
  };
  const features = createFeatureService(dying, observer, {
    maxDelayMs: 0,
    restoreWeights: async () => false,
  });
  const admission = createAdmission({ maxPending: 1, maxPendingBytes: 1 });
  const permit = admission.admit({ priority: 'INTERACTIVE', timeoutMs: 600_000 });
  try {
    const input = new Uint8Array(INPUT_PIXELS);
    new TextEncoder().encodeInto(marker, input);
    const answer = await features.featuresOf(permit, backbone, 'onnxruntime', input, { lastMaps: false });
    expect(answer.features).toHaveLength(backbone.featureSize);
    expect(new Set(answer.features)).toEqual(new Set([5]));
    expect(existsSync(marker)).toBe(false);
    expect(await metrics.text()).toMatch(/^gel_batch_retries_total\{cause="thread"\} 1$/m);
  } finally {
    permit.release();
    await features.close();
    await dying.close();
  }
});

for (const engine of ENGINE_NAMES) {
  const report = reports.find((candidate) => candidate.engine === engine);
  const isReady = report?.available === true && hasWeights;
  const title = report?.version ?? `${engine} (${report?.reason ?? 'unknown'})`;

  (isReady ? describe : describe.skip)(`extracting features with ${title}`, () => {
    it('answers for a picture in a batch as for the picture alone', async () => {
      const batch = await extract(engine, prepared);
      expect(batch.features.length).toBe(5 * backbone.featureSize);
      for (const [row, picture] of prepared.entries()) {
        const alone = await extract(engine, [picture]);
        const start = row * backbone.featureSize;
        const inBatch = batch.features.slice(start, start + backbone.featureSize);
        expect(largestDifference(alone.features, inBatch)).toBeLessThanOrEqual(1e-4);
      }
      expect(Math.max(...batch.features)).toBeGreaterThan(0.1);
    });

    it('gives the last feature maps on request', async () => {
      const [picture] = prepared;
      const inputs = picture?.inputs ?? new Uint8Array();
      const task = { engine, backbone, inputs, count: 1, lastMaps: true };
      const { lastMaps } = await compute.extractFeatures(task, { lane: 'serving' });
      expect(lastMaps).toMatchObject({ height: 7, width: 7, channels: 960, data: { length: 7 * 7 * 960 } });
      expect(inputs.length).toBe(INPUT_PIXELS);
    });

    it('runs two threads of the training lane at once with equal results', async () => {
      const [left, right] = await Promise.all([
        extract(engine, prepared.slice(0, 2), 'training'),
        extract(engine, prepared.slice(0, 2), 'training'),
      ]);
      expect(largestDifference(left.features, right.features)).toBe(0);
    });

    it('feeds a batcher whose rows are those of single calls', async () => {
      const batcher = createBatcher({
        execute: (inputs, count, { lastMaps }) =>
          compute.extractFeatures({ engine, backbone, inputs, count, lastMaps }, { lane: 'serving' }),
        scheduler: createFairScheduler(1),
        maxBatch: 8,
      });
      const answers = await Promise.all(prepared.map(({ inputs }) => batcher.computeFeatures(inputs)));
      expect(answers.map(({ batchSize }) => batchSize)).toEqual([1, 4, 4, 4, 4]);
      const last = prepared[4];
      const alone = await extract(engine, last === undefined ? [] : [last]);
      expect(
        largestDifference(alone.features, answers[4]?.features ?? new Float32Array()),
      ).toBeLessThanOrEqual(1e-4);
      await batcher.close();
    });

    it('refuses weights that are not those of the record', async () => {
      const task = { engine, inputs: prepared[0]?.inputs ?? new Uint8Array(), count: 1, lastMaps: false };
      const wrong = { ...backbone, sha256: '0'.repeat(64) };
      await expect(
        compute.extractFeatures({ ...task, backbone: wrong }, { lane: 'serving' }),
      ).rejects.toMatchObject({ code: 'WEIGHTS_DIGEST_MISMATCH' });
      await expect(
        compute.extractFeatures({ ...task, backbone, count: 2 }, { lane: 'serving' }),
      ).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    });
  });

  if (!ENGINES[engine].trainsHeads) continue;
  (report?.available === true ? describe : describe.skip)(`training a head with ${title}`, () => {
    it('learns, tells every epoch before it ends, and gives the same bytes in two threads at once', async () => {
      const epochs: EpochProgress[] = [];
      const task = trainingTask(engine);
      const [first, second] = await Promise.all([
        compute.trainHead(task, { onEpoch: (epoch) => epochs.push(epoch) }),
        compute.trainHead(task, {}),
      ]);
      expect(epochs.map(({ number }) => number)).toEqual(Array.from({ length: 12 }, (_, epoch) => epoch + 1));
      expect(epochs.at(-1)?.validationAccuracy).toBe(1);
      expect([...first.parameters.keys()]).toEqual(['0.weight', '0.bias']);
      const [left, right] = [first, second].map(({ parameters }) => parameters.get('0.weight'));
      expect(left?.shape).toEqual([2, 8]);
      expect([...(left?.data ?? [])]).toEqual([...(right?.data ?? [])]);
      expect(task.features.length).toBe(320);
    });

    it('stops at the next batch when it is cancelled, while serving goes on', async () => {
      const controller = new AbortController();
      const epochs: number[] = [];
      let firstEpoch = () => {};
      const hasBegun = new Promise<void>((begun) => (firstEpoch = begun));
      const onEpoch = ({ number }: EpochProgress) => {
        epochs.push(number);
        firstEpoch();
      };
      const training = compute
        .trainHead(trainingTask(engine, { epochs: 1_000_000 }), { signal: controller.signal, onEpoch })
        .catch((error: unknown) => error);
      await hasBegun;
      await prepare(pictures[0] ?? new Uint8Array());
      if (hasWeights) await extract(engine, prepared.slice(0, 1));
      controller.abort();
      expect(await training).toMatchObject({ code: 'CANCELLED' });
      expect(epochs.length).toBeLessThan(1_000_000);
    });

    it('refuses a malformed task', async () => {
      const task = trainingTask(engine, { labels: new Int32Array(3) });
      await expect(compute.trainHead(task, {})).rejects.toMatchObject({
        code: 'BAD_REQUEST',
        message: expect.stringMatching(/labels/),
      });
    });
  });
}

(hasWeights ? describe : describe.skip)('choosing an engine for real weights', () => {
  it('measures the engines that are there and picks one of them', async () => {
    const chosen = await compute.chooseEngine('CPU', backbone);
    const available = reports.filter((report) => report.available);
    expect(available.map(({ engine }) => engine)).toContain(chosen);
    const measured = (await compute.engines()).find(({ engine }) => engine === chosen)?.measurements ?? [];
    expect(measured.map(({ backboneId, batchSize }) => [backboneId, batchSize])).toEqual(
      [1, 2, 4, 8].map((batchSize) => [BACKBONE_ID, batchSize]),
    );
    expect(measured.every(({ msPerPicture }) => msPerPicture > 0)).toBe(true);
  });
});

describe('a closed compute machine', () => {
  it('refuses everything', async () => {
    const closed = createCompute(config, logger);
    await closed.close();
    await expect(prepare(pictures[0] ?? new Uint8Array(), 1, closed)).rejects.toMatchObject({
      code: 'SHUTTING_DOWN',
    });
    await closed.close();
  });
});
