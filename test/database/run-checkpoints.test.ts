import type { DatasetRow } from '../../src/datasets/datasets.js';
import { loadArtifact, storeArtifact } from '../../src/db/artifacts.js';
import { runCheckpointChunks } from '../../src/db/schema.js';
import { createDatabaseCheckpoints } from '../../src/runs/checkpoints/database-checkpoints.js';
import { resumeRun, storeCheckpoint } from '../../src/runs/checkpoints/run-checkpoints.js';
import {
  cancelRun,
  insertRun,
  listEpochs,
  startRun,
  type TrainingRunRow,
} from '../../src/runs/training-runs.js';
import { describeDatabase } from '../support/database.js';
import { epoch } from '../support/epoch.js';
import { configuration, insertTestDataset } from '../support/registry-rows.js';

const MIB = 1024 * 1024;
const ORIGIN = { engine: 'tensorflow', codeVersion: '1' } as const;

/** Five chunks, the last one not full. */
function bytesOf(seed: number): Uint8Array {
  return Uint8Array.from({ length: 4 * MIB + 3 }, (_, index) => (index * 31 + (index >> 8) + seed) & 255);
}

/** How often the event loop turned while something was done. */
async function countTurns(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isDone = false;
  const turn = () => {
    turns += 1;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  await work;
  isDone = true;
  return turns;
}

describeDatabase('checkpoints', (database) => {
  let dataset: DatasetRow;
  beforeAll(async () => {
    dataset = await insertTestDataset(database(), 'checkpoints');
  });
  const begin = async (): Promise<TrainingRunRow> => {
    const { id } = await insertRun(database(), {
      fingerprint: 'made up',
      datasetId: dataset.id,
      configuration,
    });
    const run = await startRun(database(), id);
    if (run === null) throw new Error('The run could not be started.');
    return run;
  };

  const store = (run: TrainingRunRow, number: number) =>
    storeCheckpoint(
      { database: database(), checkpoints: createDatabaseCheckpoints(database()) },
      run,
      ORIGIN,
      {
        progress: epoch(number),
        bytes: bytesOf(number),
        stageProgress: number / 10,
      },
    );
  const resume = (run: TrainingRunRow, origin: Parameters<typeof resumeRun>[2] = ORIGIN) =>
    resumeRun({ database: database(), checkpoints: createDatabaseCheckpoints(database()) }, run, origin);
  /** Digests of what is stored of a run. */
  const kept = async ({ id }: TrainingRunRow): Promise<string[]> => {
    const rows = await database().drizzle.select().from(runCheckpointChunks);
    return [...new Set(rows.filter(({ runId }) => runId === id).map(({ sha256 }) => sha256))];
  };

  it('hold the last epoch alone, with all of its bytes', async () => {
    const run = await begin();
    expect(await resume(run)).toBeNull();
    await store(run, 1);
    await store(run, 2);
    expect(await kept(run)).toHaveLength(1);
    const checkpoint = await resume(run);
    expect(checkpoint?.epoch).toBe(2);
    expect(Buffer.compare(checkpoint?.bytes ?? Buffer.of(), bytesOf(2))).toBe(0);
    expect((await listEpochs(database(), [run.id])).map(({ number }) => number)).toEqual([1, 2]);
  });

  it('hold for the engine and the code that they were computed with, and not where they are damaged', async () => {
    const run = await begin();
    await store(run, 1);
    expect(await resume(run, { ...ORIGIN, engine: 'webgpu' })).toBeNull();
    expect(await listEpochs(database(), [run.id])).toEqual([]);
    await store(run, 1);
    await database()
      .drizzle.update(runCheckpointChunks)
      .set({ bytes: new Uint8Array(3) });
    expect(await resume(run)).toBeNull();
  });

  it('are gone with their run, and those of other runs stay', async () => {
    const [ended, going] = [await begin(), await begin()];
    for (const run of [ended, going]) await store(run, 1);
    await cancelRun(database(), ended.id);
    expect([await kept(ended), await kept(going)]).toEqual([[], [expect.any(String)]]);
    await expect(store(ended, 2)).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await kept(ended)).toEqual([]);
    expect((await resume(going))?.epoch).toBe(1);
  });

  it('let other work go on while they are stored and read', async () => {
    const run = await begin();
    expect(await countTurns(store(run, 1))).toBeGreaterThanOrEqual(5);
    expect(await countTurns(resume(run))).toBeGreaterThanOrEqual(5);
  });

  it('moved tensors let other work go on too', async () => {
    const stored = storeArtifact(database(), 'tuned-weights', bytesOf(7));
    expect(await countTurns(stored)).toBeGreaterThanOrEqual(5);
    let loaded: Uint8Array = Buffer.of();
    const loading = stored
      .then((sha256) => loadArtifact(database(), sha256))
      .then((bytes) => (loaded = bytes));
    expect(await countTurns(loading)).toBeGreaterThanOrEqual(5);
    expect(Buffer.compare(loaded, bytesOf(7))).toBe(0);
  });
});
