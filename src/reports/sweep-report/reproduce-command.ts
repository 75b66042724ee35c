import type { SweepRequest } from '../../words/sweep-request.js';

/** The shell command that asks for the same grid again: runs that did the same already are taken, not repeated. */
export function reproduceCommand(request: SweepRequest, dataset: string): string {
  const { crossValidation } = request;
  const list = (values: readonly (string | number)[]) => values.join(',');
  const options: [string, string][] = [
    ['dataset', dataset],
    ['hardware_types', list(request.devices).toLowerCase()],
    ['weights', list(request.backboneIds)],
    ...(request.trainables === undefined
      ? []
      : ([['trainables', list(request.trainables).toLowerCase()]] satisfies [string, string][])),
    ...(request.backboneLearningRate === undefined
      ? []
      : ([['backbone_learning_rate', String(request.backboneLearningRate)]] satisfies [string, string][])),
    ['classifier_heads', list(request.heads).toLowerCase()],
    ['opt_algs', list(request.optimizers).toLowerCase()],
    ['learning_rates', list(request.learningRates)],
    ['batch_sizes', list(request.batchSizes)],
    ['num_epochs', list(request.epochs)],
    ['seeds', list(request.seeds)],
    ['validation_fraction', String(request.validationFraction)],
    ['test_fraction', String(request.testFraction)],
    ['preprocessing', request.recipe],
    ['augmentation_views', String(request.augmentationViews)],
    ...(crossValidation === undefined
      ? []
      : ([
          ['folds', String(crossValidation.folds)],
          ['repeats', String(crossValidation.repeats)],
        ] satisfies [string, string][])),
  ];
  return `gelql sweep ${options.map(([name, value]) => `--${name} ${quote(value)}`).join(' ')}`;
}

/** One word of a POSIX shell. */
function quote(value: string): string {
  return /^[\w.,@%+:/-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
