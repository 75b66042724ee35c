import pino from 'pino';
import { readConfig } from '../../src/config.js';
import { createCompute } from '../../src/compute/create-compute.js';
import type { Compute } from '../../src/compute/protocol.js';
import { findHoldoutsOfRuns } from '../../src/registry/results.js';
import { warmUpTraining } from '../../src/training/warm-up-training.js';
import { openTestDatabase, silent } from '../support/database.js';
import { patternNames } from '../support/patterns.js';
import { openTrainingWorld } from '../support/training-world.js';

const compute = createCompute(readConfig({ GELQL_THREADS: '2' }), silent);
afterAll(() => compute.close());

test('the engine that trains can be started beforehand, and a failure of that is no failure', async () => {
  const said: string[] = [];
  const logger = pino(
    { level: 'debug' },
    { write: (line: string) => said.push((JSON.parse(line) as { msg: string }).msg) },
  );
  await warmUpTraining(compute, logger);
  expect(said).toEqual([]);

  const closed = createCompute(readConfig({}), silent);
  await closed.close();
  await warmUpTraining(closed, logger);
  expect(said).toEqual(['training could not be prepared']);
}, 600_000);

test('runs on one backbone share the measurement of its time for one picture', async () => {
  const database = await openTestDatabase();
  let aloneCount = 0;
  const counting: Compute = {
    ...compute,
    extractFeatures: (task, options) => {
      if (task.count === 1) aloneCount += 1;
      return compute.extractFeatures(task, options);
    },
  };
  const world = await openTrainingWorld(database, { compute: counting });
  const { id: dataset } = await world.importPatterns(patternNames('', ['bands', 'rings'], 6));
  await world.work();
  const first = await world.train({ dataset, epochs: 1, head: 'SINGLE' });
  const measured = aloneCount;
  const second = await world.train({ dataset, epochs: 1, head: 'MULTI' });
  const results = await findHoldoutsOfRuns(database, [first.id, second.id]);
  await world.close();
  await database.close();
  expect(measured).toBeGreaterThanOrEqual(8);
  expect(aloneCount).toBe(measured);
  const [single, multi] = results.map((result) => result?.inferenceTimeSecs ?? 0);
  // The larger head takes longer, on the same backbone.
  expect(single).toBeGreaterThan(0);
  expect(multi).toBeGreaterThan(single!);
}, 600_000);
