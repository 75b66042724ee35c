import type { DatasetRow } from '../../src/datasets/datasets.js';
import type { RunNeeds } from '../../src/runs/run-needs.js';
import { findRunsOfWorkers, finishRun, insertRun, startRun } from '../../src/runs/training-runs.js';
import {
  beatWorker,
  listLiveWorkers,
  listWorkersOf,
  registerWorker,
  stopWorker,
  type WorkerRow,
} from '../../src/runs/workers.js';
import { describeDatabase } from '../support/database.js';
import { configuration, insertTestDataset } from '../support/registry-rows.js';
import { TRAINED } from '../support/epoch.js';

describeDatabase('the list of workers', (open) => {
  let dataset: DatasetRow;
  beforeAll(async () => {
    dataset = await insertTestDataset(open(), 'workers');
  });
  afterEach(() => open().executeSql('update workers set stopped_at = now()'));

  const engineOf = { CPU: 'wasm', GPU: 'webgpu' } as const;
  const register = (devices: WorkerRow['devices'], networkEngines: WorkerRow['networkEngines'] = {}) =>
    registerWorker(open(), {
      devices,
      concurrency: 2,
      engines: Object.fromEntries(devices.map((device) => [device, engineOf[device]])),
      networkEngines,
      codeVersion: 'v',
    });
  const idsOf = (rows: readonly WorkerRow[]) => rows.map(({ id }) => id);
  const silence = ({ id }: WorkerRow, seconds: number) =>
    open().executeSql('update workers set heartbeat_at = now() - make_interval(secs => $2) where id = $1', [
      id,
      seconds,
    ]);

  test('names the process and what it takes', async () => {
    const worker = await register(['CPU']);
    expect(worker.name).toMatch(new RegExp(`^\\S+ ${process.pid}$`));
    expect(await listLiveWorkers(open())).toEqual([worker]);
  });

  test('holds those that beat, oldest first, by device and by what they train there', async () => {
    const [first, second, third] = [
      await register(['CPU'], { CPU: 'tensorflow' }),
      await register(['GPU']),
      await register(['CPU', 'GPU'], { GPU: 'webgpu' }),
    ];
    expect(idsOf(await listLiveWorkers(open()))).toEqual(idsOf([first, second, third]));
    const takers = async (needs: RunNeeds) => idsOf(await listWorkersOf(open(), needs));
    expect(await takers({ device: 'GPU', inside: false })).toEqual(idsOf([second, third]));
    expect(await takers({ device: 'GPU', inside: true })).toEqual(idsOf([third]));
    expect(await takers({ device: 'CPU', inside: true })).toEqual(idsOf([first]));
  });

  test('loses the one that is silent for 20 seconds, until it beats again, and the one that stops', async () => {
    const [silent, stopped, alive] = [
      await register(['CPU']),
      await register(['CPU']),
      await register(['CPU']),
    ];
    await silence(silent, 21);
    await silence(alive, 15);
    await stopWorker(open(), stopped.id);
    expect(idsOf(await listLiveWorkers(open()))).toEqual([alive.id]);
    await beatWorker(open(), silent.id);
    expect(idsOf(await listLiveWorkers(open()))).toEqual(idsOf([silent, alive]));
  });

  test('says what each of them executes now', async () => {
    const [busy, idle] = [await register(['CPU']), await register(['CPU'])];
    const start = async () => {
      const { id } = await insertRun(open(), {
        fingerprint: 'made up',
        datasetId: dataset.id,
        configuration,
      });
      const run = await startRun(open(), id, busy.id);
      if (run === null) throw new Error('The run could not be started.');
      return run;
    };
    const [done, first, second] = [await start(), await start(), await start()];
    await finishRun(open(), done, TRAINED);
    const runs = await findRunsOfWorkers(open(), [idle.id, busy.id]);
    expect(runs.map((rows) => rows.map(({ id }) => id))).toEqual([[], [first.id, second.id]]);
  });
});
