import { trainableOf, type TrainingConfiguration } from '../../words/training-configuration.js';

/** For example `resnet18-gelql-1, single, adam, CPU, seed 1`; what else is trained than the head stands behind the weights. */
export function describeConfiguration(configuration: TrainingConfiguration): string {
  const { backboneId, network, head, optimizer, device, seed } = configuration;
  const inside = network === undefined ? [] : [network.part.toLowerCase()];
  return [backboneId, ...inside, head.toLowerCase(), optimizer.toLowerCase(), device, `seed ${seed}`].join(
    ', ',
  );
}

/** Every setting with its value, in words. */
export function listConfiguration(configuration: TrainingConfiguration): [string, string][] {
  return [
    ['backbone weights', configuration.backboneId],
    ['trained', describeTrainable(configuration)],
    ['head', configuration.head.toLowerCase()],
    ['optimizer', configuration.optimizer.toLowerCase()],
    ['device', configuration.device],
    ['learning rate', String(configuration.learningRate)],
    ['batch size', String(configuration.batchSize)],
    ['epochs', String(configuration.epochs)],
    ['seed', String(configuration.seed)],
    ['validation share', String(configuration.validationFraction)],
    ['test share, where the data set has no test pictures', String(configuration.testFraction)],
    ['preprocessing', configuration.recipe],
    ['views of each training picture', String(configuration.augmentationViews)],
    ['cross-validation', describeFolds(configuration.crossValidation)],
  ];
}

function describeTrainable(configuration: TrainingConfiguration): string {
  const { network } = configuration;
  const trainable = trainableOf(configuration).toLowerCase();
  return network === undefined ? trainable : `${trainable}, at the learning rate ${network.learningRate}`;
}

export function describeFolds(crossValidation: TrainingConfiguration['crossValidation']): string {
  if (crossValidation === undefined) return 'none';
  const { folds, repeats } = crossValidation;
  return `${folds} folds, ${repeats === 1 ? 'once' : `${repeats} times`}`;
}
