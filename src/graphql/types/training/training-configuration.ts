import { CATALOG } from '../../../networks/weights/catalog.js';
import type { TrainingConfiguration } from '../../../words/training-configuration.js';
import { SETTING_ROWS } from '../../../words/training-settings.js';
import type { Builder } from '../../builder.js';
import { present } from '../../present.js';
import type { Enums } from '../enums.js';
import { describeSetting, typeOf } from './setting-fields.js';

export function defineConfiguration(builder: Builder, enums: Enums) {
  return builder.objectRef<TrainingConfiguration>('TrainingConfiguration').implement({
    description:
      'What a run was asked to do, with every default filled in; part of the identity of its model.',
    fields: (t) => ({
      backbone: t.field({
        type: enums.Architecture,
        nullable: true,
        description: 'Network of the weights; null for imported weights.',
        resolve: ({ backboneId }) => CATALOG.find(({ id }) => id === backboneId)?.architecture ?? null,
      }),
      weights: t.exposeString('backboneId', { description: 'Name of the backbone weights.' }),
      device: t.expose('device', { type: enums.DeviceKind, description: 'Device that trains it.' }),
      ...Object.fromEntries(
        SETTING_ROWS.map(([name, setting]) => {
          const options = { type: typeOf(enums, setting), description: describeSetting(setting) };
          const resolve = (configuration: TrainingConfiguration) => configuration[name];
          if (setting.default === 'none') return [name, t.field({ ...options, nullable: true, resolve })];
          return [name, t.field({ ...options, resolve: (configuration) => present(resolve(configuration)) })];
        }),
      ),
    }),
  });
}
