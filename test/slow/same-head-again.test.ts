import { jest } from '@jest/globals';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCompute } from '../../src/compute/create-compute.js';
import type { EngineName } from '../../src/words/device.js';
import type { Compute } from '../../src/compute/protocol.js';
import { readConfig } from '../../src/config.js';
import { findModelsOfRuns } from '../../src/registry/models.js';
import type { StartTrainingRequest } from '../../src/training/start-training.js';
import { openTestDatabase, silent } from '../support/database.js';
import { openTrainingWorld, patternNames, type TrainingWorld } from '../support/training-world.js';

// The threads load a backbone and, from the sources, their own code; a busy machine takes its time.
jest.setTimeout(120_000);

const probe = createCompute(readConfig({}), silent);
const reports = await probe.engines();
await probe.close();

const NAMES = patternNames('', ['bands', 'rings'], 6);

/** A database, a data set name and a feature cache of its own. */
async function openWorld(engine: EngineName, name: string, compute?: Compute) {
  const database = await openTestDatabase();
  const world = await openTrainingWorld(database, { engine, ...(compute === undefined ? {} : { compute }) });
  const dataset = await world.importPatterns(NAMES, { name });
  await world.work();
  return { database, world, dataset, close: () => world.close().then(() => database.close()) };
}

async function headOf(world: TrainingWorld, request: StartTrainingRequest): Promise<string> {
  const run = await world.train({ ...request, force: true });
  const [model] = await findModelsOfRuns(world.services.database, [run.id]);
  if (model == null) throw new Error(`${run.state}: ${JSON.stringify(run.error)}`);
  return model.headSha256;
}

async function featureFiles(world: TrainingWorld): Promise<string[]> {
  const { featuresDir } = world.services.config;
  const names = await readdir(featuresDir, { recursive: true });
  return names.filter((name) => name.endsWith('.features')).map((name) => join(featuresDir, name));
}

describe.each(['tensorflow', 'wasm'] as const)('on %s, the same inputs', (engine) => {
  const report = reports.find((candidate) => candidate.engine === engine);
  const run = report?.available === true ? test : test.skip;
  const suffix = report?.available === true ? '' : ` (skipped: ${report?.reason ?? 'unknown engine'})`;

  run(
    `give the same head bit for bit: cached, recomputed, elsewhere under another name${suffix}`,
    async () => {
      const here = await openWorld(engine, 'here');
      const elsewhere = await openWorld(engine, 'elsewhere', here.world.services.compute);
      try {
        const request = { epochs: 3, seed: 5, head: 'MULTI', augmentationViews: 2 } as const;
        const first = await headOf(here.world, { dataset: 'here', ...request });
        expect(await headOf(here.world, { dataset: 'here', ...request })).toBe(first);

        const files = await featureFiles(here.world);
        expect(files).toHaveLength(NAMES.length);
        const [torn = '', flipped = '', gone = ''] = files;
        const before = await readFile(flipped);
        await writeFile(torn, before.subarray(0, 100));
        await writeFile(flipped, before.with(before.length - 1, (before.at(-1) ?? 0) ^ 1));
        await rm(gone);
        expect(await headOf(here.world, { dataset: 'here', ...request })).toBe(first);
        expect(await readFile(flipped)).toEqual(before);

        expect(elsewhere.dataset.digest).toBe(here.dataset.digest);
        expect(await headOf(elsewhere.world, { dataset: 'elsewhere', ...request })).toBe(first);
        expect(await headOf(here.world, { dataset: 'here', ...request, seed: 6 })).not.toBe(first);
      } finally {
        await elsewhere.close();
        await here.close();
      }
    },
  );
});
