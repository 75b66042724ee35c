import type { EngineReport } from '../../compute/protocol.js';
import type { Builder } from '../builder.js';
import type { Enums } from './enums.js';

export function defineDevice(builder: Builder, enums: Enums): void {
  const Measurement = builder.objectRef<EngineReport['measurements'][number]>('EngineMeasurement').implement({
    description: 'How long one picture takes, measured on this machine.',
    fields: (t) => ({
      backbone: t.exposeString('backboneId'),
      batchSize: t.exposeInt('batchSize'),
      msPerPicture: t.exposeFloat('msPerPicture'),
    }),
  });
  const DeviceEngine = builder.objectRef<EngineReport>('DeviceEngine').implement({
    description: 'One engine on one device of the machine that answers.',
    fields: (t) => ({
      device: t.expose('device', { type: enums.DeviceKind }),
      engine: t.expose('engine', { type: enums.Engine }),
      available: t.exposeBoolean('available'),
      version: t.exposeString('version', { nullable: true }),
      reason: t.exposeString('reason', {
        nullable: true,
        description: 'Why it is absent, and how to get it.',
      }),
      measurements: t.field({ type: [Measurement], resolve: ({ measurements }) => measurements }),
    }),
  });
  builder.queryField('devices', (t) =>
    t.field({
      type: [DeviceEngine],
      description: 'The engines that this machine has or lacks.',
      resolve: (_root, _args, { app }) => app.compute.engines(),
    }),
  );
}
