import { trainsBackbone, type TrainingConfiguration } from '../../words/training-configuration.js';
import { SETTING_ROWS } from '../../words/training-settings.js';

/** For example `resnet18-gelql-1, single, adam, CPU, seed 1`; a trained part of the backbone follows the weights. */
export function describeConfiguration(configuration: TrainingConfiguration): string {
  const { backboneId, trainable, head, optimizer, device, seed } = configuration;
  const inside = trainsBackbone(configuration) ? [trainable.toLowerCase()] : [];
  return [backboneId, ...inside, head.toLowerCase(), optimizer.toLowerCase(), device, `seed ${seed}`].join(
    ', ',
  );
}

/** Every setting with its value, in words; settings that were not asked for are left out. */
export function listConfiguration(configuration: TrainingConfiguration): [string, string][] {
  const settings = SETTING_ROWS.flatMap(([name, { label }]): [string, string][] => {
    const value = configuration[name];
    return value === null ? [] : [[label, formatSetting(value)]];
  });
  return [['backbone weights', configuration.backboneId], ['device', configuration.device], ...settings];
}

export function formatSetting(value: string | number): string {
  return String(value).toLowerCase();
}
