import { jest } from '@jest/globals';
import { createCompute } from '../../src/compute/create-compute.js';
import { readConfig } from '../../src/config.js';
import { GelqlError } from '../../src/errors.js';
import { openTestDatabase, silent } from '../support/database.js';
import { hasEnded, openTrainingWorld, patternNames } from '../support/training-world.js';
import type { Compute } from '../../src/compute/protocol.js';

jest.setTimeout(120_000);

const MAX_ATTEMPTS = 3;
const database = await openTestDatabase();
const compute = createCompute(readConfig({ GELQL_CACHE_DIR: readConfig({}).cacheDir }), silent);
/** Trainings that the card goes away in before one gets to its end. */
let losses = 0;
const losing: Compute = {
  ...compute,
  trainHead(task, options) {
    if (losses-- > 0) return Promise.reject(new GelqlError('DEVICE_LOST', 'The card went away.'));
    return compute.trainHead(task, options);
  },
};
const world = await openTrainingWorld(database, { compute: losing });
afterAll(async () => {
  await world.close();
  await compute.close();
  await database.close();
});

describe('a run whose graphics card goes away', () => {
  let dataset: string;
  beforeAll(async () => {
    dataset = (await world.importPatterns(patternNames('', ['bands', 'rings'], 6))).name;
    await world.work();
  });

  it('is tried again, and ends as if nothing had been', async () => {
    losses = 1;
    const run = await world.train({ dataset, epochs: 1 });
    expect(run).toMatchObject({ state: 'SUCCEEDED', attempt: 2, error: null });
  });

  it('fails with DEVICE_LOST after the last attempt', async () => {
    losses = MAX_ATTEMPTS;
    const { id } = await world.start({ dataset, epochs: 1, seed: 2 });
    expect(await world.waitFor(id, hasEnded)).toMatchObject({
      state: 'FAILED',
      attempt: MAX_ATTEMPTS,
      error: { code: 'DEVICE_LOST' },
    });
  });
});
