import { setTimeout } from 'node:timers/promises';
import { scanFolder } from '../../src/datasets/scan-folder.js';
import { registerDataset } from '../../src/datasets/register-dataset.js';
import { DEFAULT_RECIPE } from '../../src/words/picture.js';
import type { App } from '../../src/app.js';
import { askData, type GraphQLApp } from './graphql-app.js';

/** Imports the first pictures of each class and subset of the shipped set under the name `demo`. */
export async function importDemo(app: App, perFolder = 6): Promise<string> {
  const seen = new Map<string, number>();
  const pictures = (await scanFolder('dataset')).pictures.filter(({ className, subset }) => {
    const folder = `${subset} ${className}`;
    const count = (seen.get(folder) ?? 0) + 1;
    seen.set(folder, count);
    return count <= perFolder;
  });
  const { dataset } = await registerDataset(app.database, {
    name: 'demo',
    source: 'dataset',
    pictures,
    decode: (bytes) => {
      const task = { bytes, page: null, recipe: DEFAULT_RECIPE, views: 1, maxPixels: app.config.maxPixels };
      return app.compute.prepareImage(task, { lane: 'training' });
    },
  });
  return dataset.id;
}

const PROGRESS = 'query Progress($id: ID!) { trainingRun(id: $id) { state error { code message } } }';

/** Queues a run with the published defaults over GraphQL and waits for its end. @returns its global id */
export async function train({ yoga }: GraphQLApp, input: Record<string, unknown>): Promise<string> {
  const { trainModel } = await askData<{ trainModel: { id: string } }>(
    yoga,
    'mutation Train($input: TrainModelInput!) { trainModel(input: $input) { id } }',
    { input: { dataset: 'demo', defaults: 'PUBLISHED', epochs: 4, ...input } },
  );
  await waitForRun(yoga, trainModel.id);
  return trainModel.id;
}

/** Resolves when the run has succeeded. */
export async function waitForRun(yoga: GraphQLApp['yoga'], id: string): Promise<void> {
  for (;;) {
    const { trainingRun } = await askData<{ trainingRun: { state: string; error: unknown } }>(
      yoga,
      PROGRESS,
      { id },
    );
    if (trainingRun.state === 'SUCCEEDED') return;
    if (trainingRun.state !== 'QUEUED' && trainingRun.state !== 'RUNNING') {
      throw new Error(`The run ended ${trainingRun.state}: ${JSON.stringify(trainingRun.error)}`);
    }
    await setTimeout(50);
  }
}
