import type { Device } from '../words/device.js';
import { trainsBackbone, type TrainingConfiguration } from '../words/training-configuration.js';

/** What a run needs of the worker that takes it: an engine on `device` that trains what the run trains. */
export interface RunNeeds {
  device: Device;
  /** The engine must train inside networks; for other runs one that trains heads is enough. */
  inside: boolean;
}

export function needsOf(configuration: Pick<TrainingConfiguration, 'device' | 'trainable'>): RunNeeds {
  return { device: configuration.device, inside: trainsBackbone(configuration) };
}
