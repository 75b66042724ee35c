import { CATALOG } from '../../networks/weights/catalog.js';
import { TRAINING_DEFAULTS } from '../../runs/resolve-configuration.js';
import type { Builder } from '../builder.js';
import type { Enums } from './enums.js';

/** What `trainModel` takes; its ranges are checked by src/runs/resolve-configuration.ts. */
export function defineTrainModelInput(builder: Builder, enums: Enums) {
  const defaults = TRAINING_DEFAULTS;
  return builder.inputType('TrainModelInput', {
    description: 'One training. What is left out has the value of the published experiment.',
    fields: (t) => ({
      dataset: t.string({ required: true, description: 'Id or name of a data set.' }),
      name: t.string({ description: 'Name of the run and of its model; made up where absent.' }),
      backbone: t.field({
        type: enums.Architecture,
        description: 'Network with its default weights; RESNET18 where absent.',
      }),
      weights: t.string({
        description: `Name of backbone weights instead of \`backbone\`: ${CATALOG.map(({ id }) => id).join(', ')}, or imported ones.`,
      }),
      head: t.field({
        type: enums.Head,
        defaultValue: defaults.head,
        description: 'Shape of the classifier.',
      }),
      trainable: t.field({
        type: enums.Trainable,
        defaultValue: 'HEAD',
        description:
          'All but HEAD train inside the backbone, on the engines `tensorflow` and `webgpu`, without folds: minutes instead of seconds.',
      }),
      backboneLearningRate: t.float({
        description:
          'Of what is trained besides the head; above 0, at most 10. A tenth of `learningRate` where absent, and all of it for STEM_AND_HEAD.',
      }),
      optimizer: t.field({
        type: enums.Optimizer,
        defaultValue: defaults.optimizer,
        description: 'What moves the weights.',
      }),
      device: t.field({
        type: enums.DeviceChoice,
        defaultValue: defaults.device,
        description:
          'AUTO is settled when the run is queued; its configuration says what it came to. A GPU run is refused where no GPU engine is, never run on the CPU.',
      }),
      learningRate: t.float({ defaultValue: defaults.learningRate, description: 'Above 0, at most 10.' }),
      batchSize: t.int({ defaultValue: defaults.batchSize, description: 'Pictures per step, 1 to 4096.' }),
      epochs: t.int({ defaultValue: defaults.epochs, description: '1 to 10000.' }),
      seed: t.int({
        defaultValue: defaults.seed,
        description: 'Seeds split, initial head, order, dropout and augmented views; from 0.',
      }),
      validationFraction: t.float({
        description: `0 to 0.5 of the training pictures; ${defaults.validationFraction} where absent, but 0 where folds are given and testFraction is 0.`,
      }),
      testFraction: t.float({
        defaultValue: defaults.testFraction,
        description:
          '0 to 0.5; used where the data set has no test split of its own. 0 needs folds: they are the only test then.',
      }),
      folds: t.int({
        description:
          'Cross-validates besides: 2 to 20, at most the independent groups of the smallest class. None where absent.',
      }),
      repeats: t.int({
        description: 'Times that the pictures are shared out to folds anew, 1 to 20; 1 where absent.',
      }),
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
        description: 'Trains again what a run has done already.',
      }),
    }),
  });
}
