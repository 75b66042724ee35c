import { CATALOG } from '../../networks/weights/catalog.js';
import { TRAINING_DEFAULTS } from '../../runs/resolve-configuration.js';
import { MAX_SWEEP_PARTS } from '../../sweeps/sweep-grid.js';
import type { Builder } from '../builder.js';
import type { Enums } from './enums.js';

/** What `trainSweep` takes; checked by src/sweeps/sweep-grid.ts. */
export function defineTrainSweepInput(builder: Builder, enums: Enums) {
  const defaults = TRAINING_DEFAULTS;
  return builder.inputType('TrainSweepInput', {
    description: `A grid: every combination of the lists is one part, at most ${MAX_SWEEP_PARTS}. What is left out has the values of the published experiment, so that a data set alone gives its 24 models, numbered as there.`,
    fields: (t) => ({
      dataset: t.string({ required: true, description: 'Id or name of a data set.' }),
      name: t.string({
        description:
          'Made up where absent. The name of a sweep that has asked for the same goes on with it: what failed, was cancelled or was refused is tried again.',
      }),
      backbones: t.field({
        type: [enums.Architecture],
        description: 'Networks with their default weights; all three where `weights` is absent too.',
      }),
      weights: t.stringList({
        description: `Names of backbone weights, after those of \`backbones\`: ${CATALOG.map(({ id }) => id).join(', ')}, or imported ones.`,
      }),
      trainables: t.field({
        type: [enums.Trainable],
        description: 'As in TrainModelInput; HEAD where absent.',
      }),
      backboneLearningRate: t.float({ description: 'As in TrainModelInput, for all parts.' }),
      heads: t.field({ type: [enums.Head], description: 'Shapes of the classifier; both where absent.' }),
      optimizers: t.field({ type: [enums.Optimizer], description: 'Both where absent.' }),
      devices: t.field({
        type: [enums.DeviceChoice],
        description:
          'CPU and GPU where absent. AUTO is settled for each part. A part for a GPU is refused where no worker has one.',
      }),
      learningRates: t.floatList({
        description: `Above 0, at most 10; ${defaults.learningRate} where absent.`,
      }),
      batchSizes: t.intList({
        description: `Pictures per step, 1 to 4096; ${defaults.batchSize} where absent.`,
      }),
      epochs: t.intList({ description: `1 to 10000; ${defaults.epochs} where absent.` }),
      seeds: t.intList({
        description: `Of split, initial head, order, dropout and augmented views; from 0; ${defaults.seed} where absent.`,
      }),
      validationFraction: t.float({ description: 'As in TrainModelInput.' }),
      testFraction: t.float({
        defaultValue: defaults.testFraction,
        description: 'As in TrainModelInput.',
      }),
      folds: t.int({ description: 'As in TrainModelInput: every part is cross-validated besides.' }),
      repeats: t.int({ description: 'As in TrainModelInput.' }),
      preprocessing: t.field({
        type: enums.Recipe,
        defaultValue: defaults.recipe,
        description: 'From pixels to network input.',
      }),
      augmentationViews: t.int({
        defaultValue: defaults.augmentationViews,
        description: 'Views per training picture, 1 to 64; 1 trains on the pictures as they are.',
      }),
      force: t.boolean({
        defaultValue: false,
        description: 'Trains again what runs have done already, instead of taking those.',
      }),
    }),
  });
}
