import type { EngineReport } from '../../compute/protocol.js';
import type { Builder } from '../builder.js';
import type { Enums } from './enums.js';

export function defineDevice(builder: Builder, enums: Enums): void {
  const Measurement = builder.objectRef<EngineReport['measurements'][number]>('EngineMeasurement').implement({
    description: 'How long one picture takes, measured on this machine.',
    fields: (t) => ({
      weights: t.exposeString('backboneId', { description: 'Name of the backbone weights.' }),
      batchSize: t.exposeInt('batchSize', { description: 'Pictures that were computed together.' }),
      msPerPicture: t.exposeFloat('msPerPicture', {
        description: 'Milliseconds, from the network input to the features.',
      }),
    }),
  });
  const BatchLimit = builder.objectRef<EngineReport['batchLimits'][number]>('BatchLimit').implement({
    description: 'The largest batch of pictures that the server computes together.',
    fields: (t) => ({
      weights: t.exposeString('backboneId', { description: 'Name of the backbone weights.' }),
      maxBatch: t.exposeInt('maxBatch', {
        description:
          'The batch beyond which pictures per second were measured to grow no more; or GELQL_MAX_BATCH.',
      }),
    }),
  });
  const DeviceEngine = builder.objectRef<EngineReport>('DeviceEngine').implement({
    description: 'One engine on one device of the machine that answers.',
    fields: (t) => ({
      device: t.expose('device', { type: enums.DeviceKind, description: 'What it computes on.' }),
      engine: t.expose('engine', { type: enums.Engine, description: 'What computes.' }),
      available: t.exposeBoolean('available', { description: 'Whether the engine works on this machine.' }),
      version: t.exposeString('version', { nullable: true, description: 'Null where it is absent.' }),
      reason: t.exposeString('reason', {
        nullable: true,
        description: 'Why the engine is absent, and how to get it; null if it works.',
      }),
      measurements: t.field({
        type: [Measurement],
        description: 'What was measured so far; `gelql doctor` measures all.',
        resolve: ({ measurements }) => measurements,
      }),
      batchLimits: t.field({
        type: [BatchLimit],
        description: 'For each backbone that was measured.',
        resolve: ({ batchLimits }) => batchLimits,
      }),
      maxDelayMs: t.int({
        description: 'Milliseconds that a picture may wait for others while the engine is idle.',
        resolve: (_report, _args, { app }) => app.config.maxDelayMs,
      }),
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
