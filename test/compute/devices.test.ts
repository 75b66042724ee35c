import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pino from 'pino';
import { measureEngine } from '../../src/compute/engine-trial.js';
import { createDevices, type DevicesOptions } from '../../src/compute/devices.js';
import type { EngineDescription } from '../../src/compute/engines/engine.js';
import type { EngineName } from '../../src/words/device.js';
import { entryOf } from '../../src/compute/worker-entry.js';
import type { BackboneRecord } from '../../src/words/architecture.js';

const entry = entryOf(resolve('test/support/trial-process.mjs'));
const logger = pino({ level: 'silent' });

let cacheDir: string;
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'gelql-devices-'));
});
afterEach(() => rm(cacheDir, { recursive: true, force: true }));

/** Rows of a table whose engines live in the trial process only. */
function row(name: EngineName, changes: Partial<EngineDescription> = {}): EngineDescription {
  const unused = () => Promise.reject(new Error('the main thread must not try an engine'));
  return {
    name,
    devices: ['CPU'],
    trainsHeads: name !== 'onnxruntime',
    trainsNetworks: false,
    stableCount: 1,
    batchSizes: [1, 2, 4, 8],
    hasOwnProcess: false,
    probe: unused,
    create: unused,
    ...changes,
  };
}

const healthy = [row('onnxruntime'), row('wasm')];

function open(options: Partial<DevicesOptions> & { engine?: EngineName; maxBatch?: number } = {}) {
  const { engine = null, maxBatch = null, ...rest } = options;
  const config = {
    engine,
    cacheDir,
    threads: 2,
    trainingWorkers: 1,
    maxBatch,
    softwareGpu: false,
    card: null,
  };
  return createDevices({ config, logger, engines: healthy, entry, ...rest });
}

function backbone(id: string, digit = '1'): BackboneRecord {
  return {
    id,
    architecture: 'resnet18',
    featurePoint: 'reference',
    featureSize: 512,
    mean: [0.5, 0.5, 0.5],
    standardDeviation: [0.2, 0.2, 0.2],
    file: join(cacheDir, 'weights'),
    sha256: digit.repeat(64),
  };
}

function questions(): string[] {
  const log = join(cacheDir, 'questions.log');
  return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
}

const terms = () => ({
  entry,
  settings: { softwareGpu: false, card: null, cacheDir, threads: 1, niceness: 0 },
  environment: process.env,
});
const measuring = (id: string) => ({
  engine: 'wasm' as const,
  backbone: backbone(id),
  limits: { budgetMs: 1, hopelessMs: 1 },
});

describe('finding engines', () => {
  it('survives an engine that takes its process down, and says how it ended', async () => {
    const reports = await open({ engines: [row('tensorflow'), ...healthy] }).engines();
    expect(reports).toMatchObject([
      {
        engine: 'tensorflow',
        available: false,
        version: null,
        reason: expect.stringMatching(/SIGILL.*an instruction that this processor does not have/),
      },
      { engine: 'onnxruntime', device: 'CPU', available: true, version: 'onnxruntime 1.0', reason: null },
      { engine: 'wasm', available: true },
    ]);
  });

  it('reports an engine once for each device that it serves', async () => {
    const reports = await open({ engines: [row('wasm', { devices: ['CPU', 'GPU'] })] }).engines();
    expect(reports.map(({ device }) => device)).toEqual(['CPU', 'GPU']);
  });

  it('keeps what was measured until the time was over', async () => {
    const answer = await measureEngine({ ...terms(), seconds: 3 }, measuring('hangs in large batches'));
    expect(answer).toMatchObject({
      timings: [{ batchSize: 1 }, { batchSize: 2 }],
      failure: expect.stringMatching(/gave no answer within 3 s/),
    });
  });

  it('gives up on one that does not answer', async () => {
    const answer = measureEngine({ ...terms(), seconds: 1.5 }, measuring('endless'));
    await expect(answer).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringMatching(/no answer within 1.5 s/),
    });
  });
});

describe('choosing the engine of a device', () => {
  it('takes the one that is fastest in batches, a lone picture counting a quarter, and remembers', async () => {
    const devices = open();
    // onnxruntime .75 x 40 + .25 x 10 = 32.5; wasm .75 x 100 + .25 x 100 = 100
    await expect(devices.chooseEngine('CPU', backbone('good'))).resolves.toBe('onnxruntime');
    await expect(devices.chooseEngine('CPU', backbone('good'))).resolves.toBe('onnxruntime');
    expect(questions()).toEqual(['onnxruntime good', 'wasm good']);
  });

  it('does not time batches on an engine that is hopelessly slow for a lone picture', async () => {
    const devices = open();
    await devices.chooseEngine('CPU', backbone('good'));
    const [, wasm] = await devices.engines();
    expect(wasm?.measurements).toEqual([{ backboneId: 'good', batchSize: 1, msPerPicture: 100 }]);
  });

  it('measures first what is made for inference, wherever it stands in the table', async () => {
    const devices = open({ engines: healthy.toReversed() });
    await expect(devices.chooseEngine('CPU', backbone('good'))).resolves.toBe('onnxruntime');
    expect(questions()).toEqual(['onnxruntime good', 'wasm good']);
  });

  it('uses what an earlier process measured', async () => {
    await open().chooseEngine('CPU', backbone('good'));
    await expect(open().chooseEngine('CPU', backbone('good'))).resolves.toBe('onnxruntime');
    expect(questions()).toHaveLength(2);
  });

  it('measures again where the weights are others', async () => {
    const devices = open();
    await devices.chooseEngine('CPU', backbone('good'));
    await devices.chooseEngine('CPU', backbone('good', '2'));
    expect(questions()).toHaveLength(4);
  });

  it.each([
    '',
    '{"format":"gelql-measurements-2","measurements":[{"engine":',
    '{"format":"gelql-measurements-1","measurements":[]}',
    '[]',
    '{"format":"other"}',
  ])('measures again where the stored file is %j', async (content) => {
    await writeFile(join(cacheDir, 'measurements.json'), content);
    await expect(open().chooseEngine('CPU', backbone('good'))).resolves.toBe('onnxruntime');
    const stored: unknown = JSON.parse(await readFile(join(cacheDir, 'measurements.json'), 'utf8'));
    expect(stored).toMatchObject({ format: 'gelql-measurements-2', measurements: { length: 2 } });
  });

  it('measures once for callers who ask at the same time', async () => {
    const devices = open();
    const choices = Array.from({ length: 4 }, () => devices.chooseEngine('CPU', backbone('good')));
    expect(new Set(await Promise.all(choices))).toEqual(new Set(['onnxruntime']));
    expect(questions()).toHaveLength(2);
  });

  it('measures nothing where there is one engine only', async () => {
    await expect(open({ engines: [row('wasm')] }).chooseEngine('CPU', backbone('good'))).resolves.toBe(
      'wasm',
    );
    expect(questions()).toEqual([]);
  });

  it('leaves out an engine that cannot run the backbone', async () => {
    await expect(open().chooseEngine('CPU', backbone('crashes onnxruntime'))).resolves.toBe('wasm');
  });

  it('says so where none can run it, and tries again the next time', async () => {
    const devices = open();
    const refused = {
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringMatching(/onnxruntime, wasm.*unloadable/),
    };
    await expect(devices.chooseEngine('CPU', backbone('unloadable'))).rejects.toMatchObject(refused);
    await expect(devices.chooseEngine('CPU', backbone('unloadable'))).rejects.toMatchObject(refused);
    expect(questions()).toHaveLength(4);
  });

  it('takes the pinned engine, or refuses with the reason', async () => {
    await expect(open({ engine: 'wasm' }).chooseEngine('CPU', backbone('good'))).resolves.toBe('wasm');
    expect(questions()).toEqual([]);
    const broken = open({ engine: 'tensorflow', engines: [row('tensorflow'), ...healthy] });
    await expect(broken.chooseEngine('CPU', backbone('good'))).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringMatching(/SIGILL/),
    });
  });

  it('never answers with an engine of another device', async () => {
    await expect(open().chooseEngine('GPU', backbone('good'))).rejects.toMatchObject({
      code: 'DEVICE_UNAVAILABLE',
      facts: { device: 'GPU' },
    });
    const brokenGpu = open({ engines: [row('tensorflow', { devices: ['GPU'] }), row('wasm')] });
    await expect(brokenGpu.chooseEngine('GPU', backbone('good'))).rejects.toMatchObject({
      code: 'DEVICE_UNAVAILABLE',
      message: expect.stringMatching(/tensorflow: .*SIGILL/s),
    });
    const pinnedToCpu = open({
      engine: 'wasm',
      engines: [row('wasm'), row('onnxruntime', { devices: ['GPU'] })],
    });
    await expect(pinnedToCpu.chooseEngine('GPU', backbone('good'))).rejects.toMatchObject({
      code: 'DEVICE_UNAVAILABLE',
    });
  });

  it('takes the fastest of any device where the device is left open', async () => {
    const onGpu = open({ engines: [row('onnxruntime', { devices: ['GPU'] }), row('wasm')] });
    await expect(onGpu.chooseEngine('AUTO', backbone('good'))).resolves.toBe('onnxruntime');
    const onCpu = open({ engines: [row('onnxruntime'), row('wasm', { devices: ['GPU'] })] });
    await expect(onCpu.chooseEngine('AUTO', backbone('good'))).resolves.toBe('onnxruntime');
  });

  it('does not start a process for an engine whose absence can be told', async () => {
    const findAbsence = () => 'no card';
    const devices = open({ engines: [row('tensorflow', { devices: ['GPU'], findAbsence }), ...healthy] });
    await expect(devices.chooseEngine('GPU', backbone('good'))).rejects.toMatchObject({
      code: 'DEVICE_UNAVAILABLE',
      facts: { reasons: ['tensorflow: no card'] },
    });
  });

  it('serves a GPU as soon as a row of the table does', async () => {
    const devices = open({ engines: [row('onnxruntime', { devices: ['GPU'] }), row('wasm')] });
    await expect(devices.chooseEngine('GPU', backbone('good'))).resolves.toBe('onnxruntime');
    await expect(devices.chooseEngine('CPU', backbone('good'))).resolves.toBe('wasm');
  });
});

describe('choosing the engine for training', () => {
  it('takes the first of the table that trains heads and is there', async () => {
    await expect(open().chooseTrainingEngine('CPU')).resolves.toBe('wasm');
    const withBroken = open({ engines: [row('tensorflow'), ...healthy] });
    await expect(withBroken.chooseTrainingEngine('CPU')).resolves.toBe('wasm');
  });

  it('is not hindered by a pinned engine that cannot train', async () => {
    await expect(open({ engine: 'onnxruntime' }).chooseTrainingEngine('CPU')).resolves.toBe('wasm');
  });

  it('refuses a device that no engine serves', async () => {
    await expect(open().chooseTrainingEngine('GPU')).rejects.toMatchObject({ code: 'DEVICE_UNAVAILABLE' });
  });
});

describe('measuring on demand', () => {
  it('measures every available engine in full, also what is stored already', async () => {
    const devices = open({ engines: [row('tensorflow'), ...healthy] });
    await devices.chooseEngine('CPU', backbone('good'));
    const reports = await devices.measure([backbone('good'), backbone('better', '2')]);
    expect(reports.map(({ measurements }) => measurements.length)).toEqual([0, 8, 8]);
    expect(reports[2]?.measurements).toContainEqual({ backboneId: 'good', batchSize: 8, msPerPicture: 100 });
    expect(questions()).toHaveLength(6);
  });

  it('reports what could be measured where something could not', async () => {
    const reports = await open().measure([backbone('crashes wasm')]);
    expect(reports.map(({ measurements }) => measurements.length)).toEqual([4, 0]);
  });
});

describe('the largest batch of the server', () => {
  it('is the smallest beyond which pictures per second grow no more than noticeably', async () => {
    const devices = open();
    // wasm: 100 ms each in any batch; onnxruntime: 60, 50, 42, 40 in batches of 1, 2, 4, 8, and 42 is within 5 % of 40
    await expect(devices.maxBatch('wasm', backbone('gaining'))).resolves.toBe(1);
    await expect(devices.maxBatch('onnxruntime', backbone('gaining'))).resolves.toBe(4);
    const [onnxruntime] = await devices.engines();
    expect(onnxruntime?.batchLimits).toEqual([{ backboneId: 'gaining', maxBatch: 4 }]);
  });

  it('is measured once, and again where only a lone picture was timed', async () => {
    const devices = open();
    await devices.chooseEngine('CPU', backbone('good'));
    await devices.maxBatch('onnxruntime', backbone('good'));
    expect(questions()).toEqual(['onnxruntime good', 'wasm good']);
    await devices.maxBatch('wasm', backbone('good'));
    await open().maxBatch('wasm', backbone('good'));
    expect(questions()).toEqual(['onnxruntime good', 'wasm good', 'wasm good']);
  });

  it('is what the operator says, without any measurement', async () => {
    await expect(open({ maxBatch: 3 }).maxBatch('wasm', backbone('good'))).resolves.toBe(3);
    expect(questions()).toEqual([]);
  });

  it('is one that worked where larger batches end the process, measured once', async () => {
    const record = backbone('dies in large batches');
    await expect(open().maxBatch('onnxruntime', record)).resolves.toBe(1);
    await expect(open().maxBatch('onnxruntime', record)).resolves.toBe(1);
    expect(questions()).toEqual(['onnxruntime dies in large batches']);
    await expect(open().chooseEngine('CPU', record)).resolves.toBe('onnxruntime');
    const stored = JSON.parse(await readFile(join(cacheDir, 'measurements.json'), 'utf8')) as {
      measurements: unknown[];
    };
    expect(stored.measurements).toContainEqual(
      expect.objectContaining({
        engine: 'onnxruntime',
        timings: [
          { batchSize: 1, msPerPicture: 10 },
          { batchSize: 2, msPerPicture: 40 },
        ],
        failure: expect.stringMatching(
          /trial onnxruntime process ended during measureEngine: it ended with code 7/,
        ),
      }),
    );
  });

  it('is 1 where the engine cannot be measured', async () => {
    await expect(open().maxBatch('wasm', backbone('unloadable'))).resolves.toBe(1);
  });
});
