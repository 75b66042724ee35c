import { resolveConfiguration, type TrainingRequest } from '../../src/runs/resolve-configuration.js';
import { settleLength } from '../../src/runs/settle-length.js';
import { listEpochs } from '../../src/runs/training-runs.js';
import { describeDatabase } from '../support/database.js';
import { openTrainingWorld, patternNames, type TrainingWorld } from '../support/training-world.js';

const lengthFor = (request: TrainingRequest, split = { trainCount: 92, validationCount: 20 }) => {
  const asked = { defaults: 'RECOMMENDED', ...request } as const;
  const { epochs, patience } = settleLength(asked, resolveConfiguration(asked), split);
  return { epochs, patience };
};

describe('the length of a training with the recommended defaults', () => {
  it('is 400 steps of a head at least, and 20 epochs', () => {
    expect(lengthFor({})).toEqual({ epochs: 100, patience: 25 });
    expect(lengthFor({}, { trainCount: 10, validationCount: 2 })).toEqual({ epochs: 400, patience: 100 });
    expect(lengthFor({}, { trainCount: 5000, validationCount: 900 })).toEqual({ epochs: 20, patience: 5 });
    expect(lengthFor({ trainable: 'ALL' })).toEqual({ epochs: 20, patience: 5 });
  });

  it('is what was asked for, where something was', () => {
    expect(lengthFor({ epochs: 3 })).toEqual({ epochs: 3, patience: 0 });
    expect(lengthFor({ patience: 2 })).toEqual({ epochs: 100, patience: 2 });
    expect(lengthFor({}, { trainCount: 92, validationCount: 0 })).toEqual({ epochs: 100, patience: 0 });
    expect(lengthFor({ defaults: 'PUBLISHED' })).toEqual({ epochs: 20, patience: 0 });
  });
});

describeDatabase('a run with the recommended defaults', (database) => {
  let world: TrainingWorld;
  beforeAll(async () => {
    world = await openTrainingWorld(database());
    await world.work();
  }, 600_000);
  afterAll(() => world.close());

  it('records what they came to, and tells which epoch it kept and why it stopped', async () => {
    const names = [...patternNames('', ['bands'], 20), ...patternNames('', ['rings'], 9)];
    const dataset = await world.importPatterns(names);
    const run = await world.train({ dataset: dataset.id, defaults: 'RECOMMENDED', learningRate: 0.01 });
    expect(run.configuration).toMatchObject({
      classWeights: 'AUTO',
      augmentationViews: 4,
      epochs: 400,
      patience: 100,
    });
    const epochs = await listEpochs(database(), [run.id]);
    const losses = epochs.map(({ validationLoss }) => validationLoss ?? NaN);
    expect(run.keptEpoch).toBe(losses.indexOf(Math.min(...losses)) + 1);
    expect(run.stopReason).toBe(epochs.length < 400 ? 'NO_IMPROVEMENT' : 'ALL_EPOCHS');
  });
});
