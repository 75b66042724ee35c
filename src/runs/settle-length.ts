import { trainsBackbone, type TrainingConfiguration } from '../words/training-configuration.js';
import type { TrainingRequest } from './resolve-configuration.js';

/** The published experiment took 80; most heads on a few hundred pictures have settled after this many. */
const FEWEST_STEPS = 400;
/** Share of the epochs, and epochs at least, that a training waits for a lower validation loss. */
const PATIENCE_SHARE = 0.25;
const LEAST_PATIENCE = 5;

/**
 * The configuration with epochs and patience that suit the pictures, where the recommended defaults are asked for and no
 * number of epochs is: a head takes at least 400 steps, unless its validation loss stops falling.
 * @param split how many pictures are trained on and validated with
 */
export function settleLength(
  request: Pick<TrainingRequest, 'defaults' | 'epochs' | 'patience'>,
  configuration: TrainingConfiguration,
  split: { trainCount: number; validationCount: number },
): TrainingConfiguration {
  if (request.defaults !== 'RECOMMENDED' || (request.epochs ?? null) !== null) return configuration;
  const stepsPerEpoch = Math.ceil(split.trainCount / configuration.batchSize);
  const needed = trainsBackbone(configuration) ? 0 : Math.ceil(FEWEST_STEPS / stepsPerEpoch);
  const epochs = Math.max(configuration.epochs, needed);
  const suited = Math.max(LEAST_PATIENCE, Math.ceil(epochs * PATIENCE_SHARE));
  return {
    ...configuration,
    epochs,
    patience: request.patience ?? (split.validationCount > 0 ? suited : 0),
  };
}
