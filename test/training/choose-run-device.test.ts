import { jest } from '@jest/globals';
import type { EngineName } from '../../src/words/device.js';
import type { Compute } from '../../src/compute/protocol.js';
import { settleDevice } from '../../src/runs/choose-run-device.js';
import { resolveConfiguration } from '../../src/runs/resolve-configuration.js';
import { startSweep } from '../../src/sweeps/start-sweep.js';
import { startTraining } from '../../src/training/start-training.js';
import { listParts } from '../../src/sweeps/sweeps.js';
import { registerWorker, stopWorker, type WorkerRow } from '../../src/runs/workers.js';
import { describeDatabase } from '../support/database.js';
import {
  FAST_BACKBONE,
  openTrainingWorld,
  patternNames,
  type TrainingWorld,
} from '../support/training-world.js';

jest.setTimeout(120_000);

describeDatabase('a run whose device is AUTO', (database) => {
  let world: TrainingWorld;
  let workers: WorkerRow[] = [];
  beforeAll(async () => {
    world = await openTrainingWorld(database());
    await world.importPatterns(patternNames('', ['bands', 'rings'], 6), { name: 'here' });
  });
  afterAll(() => world.close());
  afterEach(async () => {
    for (const { id } of workers.splice(0)) await stopWorker(database(), id);
  });

  async function workFor(
    engines: WorkerRow['engines'],
    networkEngines: WorkerRow['engines'] = {},
  ): Promise<void> {
    const devices = (['CPU', 'GPU'] as const).filter((device) => engines[device] !== undefined);
    workers = [
      ...workers,
      await registerWorker(database(), {
        ...{ devices, concurrency: 1, codeVersion: 'elsewhere' },
        ...{ engines, networkEngines },
      }),
    ];
  }

  /** Where the fastest engine of any device is `fastest`. */
  const settle = async (fastest: EngineName, request: Parameters<typeof resolveConfiguration>[0] = {}) => {
    const compute = { ...world.services.compute, chooseEngine: async () => fastest } satisfies Compute;
    const resolved = resolveConfiguration({ backboneId: FAST_BACKBONE, ...request });
    const { device } = await settleDevice({ ...world.services, compute }, { ...resolved, device: 'AUTO' });
    return device;
  };

  test('goes to the CPU where no worker has a GPU, whatever is fastest here', async () => {
    expect(await settle('webgpu')).toBe('CPU');
    await workFor({ CPU: 'wasm' });
    expect(await settle('webgpu')).toBe('CPU');
  });

  test('goes to the GPU where workers have nothing else', async () => {
    await workFor({ GPU: 'webgpu' });
    expect(await settle('onnxruntime')).toBe('GPU');
  });

  test('goes where the measurement says where there are workers for both', async () => {
    await workFor({ CPU: 'tensorflow', GPU: 'webgpu' });
    expect(await settle('onnxruntime')).toBe('CPU');
    expect(await settle('tensorflow_gpu')).toBe('GPU');
  });

  test('counts workers that train heads only for nothing where the network is trained', async () => {
    await workFor({ CPU: 'wasm', GPU: 'webgpu' }, { GPU: 'webgpu' });
    expect(await settle('onnxruntime', { trainable: 'ALL' })).toBe('GPU');
  });

  test('is recorded with the device that it came to, and is the same as one that named it', async () => {
    const request = { dataset: 'here', backboneId: FAST_BACKBONE, epochs: 2 };
    const { run } = await startTraining(world.services, { ...request, device: 'AUTO' });
    expect(run.configuration.device).toBe('CPU');
    const named = await startTraining(world.services, { ...request, device: 'CPU' });
    expect(named).toMatchObject({ run: { id: run.id }, isReused: true });
  });

  test('is settled for each part of a sweep', async () => {
    const sweep = await startSweep(world.services, {
      ...{ dataset: 'here', backboneIds: [FAST_BACKBONE], devices: ['AUTO'], epochs: [3] },
      ...{ heads: ['SINGLE'], optimizers: ['ADAM', 'SGD'] },
    });
    expect(sweep.request.devices).toEqual(['AUTO']);
    const parts = await listParts(database(), [sweep.id]);
    expect(parts.map(({ configuration }) => configuration.device)).toEqual(['CPU', 'CPU']);
  });
});
