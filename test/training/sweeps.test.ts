import type { RunQueue } from '../../src/runs/run-queue.js';
import { startSweep } from '../../src/sweeps/start-sweep.js';
import { countParts, findSweep, listPartRuns } from '../../src/sweeps/sweeps.js';
import { describeDatabase } from '../support/database.js';
import { openTrainingWorld, patternNames, type TrainingWorld } from '../support/training-world.js';
import { waitFor } from '../support/wait-for.js';

describeDatabase('a sweep', (open) =>
  describe('as rows', () => {
    let world: TrainingWorld;
    let dataset: string;
    beforeAll(async () => {
      world = await openTrainingWorld(open());
      dataset = (await world.importPatterns(patternNames('', ['bands', 'rings'], 6))).id;
    });
    afterAll(() => world.close());

    const grid = { backboneIds: ['mobilenet_v3_large-gelql-1'], devices: ['CPU'] as const };
    const countRows = async (table: string) =>
      (await open().executeSql(`select count(*)::integer as rows from ${table}`)).rows[0]?.rows;

    test('is there with its runs and jobs, or not at all', async () => {
      let enqueued = 0;
      const failing: RunQueue = {
        ...world.services.queue,
        enqueue: async (...args) => {
          enqueued += 1;
          if (enqueued === 3) throw new Error('the connection broke');
          await world.services.queue.enqueue(...args);
        },
      };
      const services = { ...world.services, queue: failing };
      await expect(startSweep(services, { dataset, name: 'whole', ...grid })).rejects.toThrow(
        'the connection broke',
      );
      expect(await findSweep(open(), 'whole')).toBeNull();
      for (const table of ['sweeps', 'sweep_parts', 'training_runs', 'run_events', 'graphile_worker.jobs']) {
        expect([table, await countRows(table)]).toEqual([table, 0]);
      }
      const sweep = await startSweep(world.services, { dataset, name: 'whole', ...grid });
      expect(await listPartRuns(open(), sweep.id)).toHaveLength(4);
      expect(await countRows('graphile_worker.jobs')).toBe(4);
    });

    test('is trained in the order of its parts', async () => {
      const sweep = (await findSweep(open(), 'whole'))!;
      await world.work();
      await waitFor(async () => (await countParts(open(), [sweep.id]))[0]?.succeeded === 4);
      const runs = await listPartRuns(open(), sweep.id);
      const begun = [...runs].sort((one, other) => Number(one.run.startedAt) - Number(other.run.startedAt));
      expect(begun.map(({ part }) => part.number)).toEqual([1, 2, 3, 4]);
    });

    test('of one name is the same sweep for two who ask at once', async () => {
      const request = { dataset, name: 'twice', seeds: [7], epochs: [1], ...grid };
      const asked = await Promise.allSettled([
        startSweep(world.services, request),
        startSweep(world.services, request),
      ]);
      for (const outcome of asked) {
        // Whoever comes second between the look and the insert is told of the conflict.
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'CONFLICT' });
      }
      expect(asked.some(({ status }) => status === 'fulfilled')).toBe(true);
      const sweep = (await findSweep(open(), 'twice'))!;
      expect((await countParts(open(), [sweep.id]))[0]).toMatchObject({ total: 4 });
    });
  }),
);
