import { DEVICES, type EngineName, type WorkerEngines } from '../../../words/device.js';
import { findRunsOfWorkers } from '../../../runs/training-runs.js';
import { listLiveWorkers, type WorkerRow } from '../../../runs/workers.js';
import type { Builder } from '../../builder.js';
import type { Nodes } from '../../nodes.js';
import type { Enums } from '../enums.js';

interface WorkerEngine {
  device: WorkerRow['devices'][number];
  engine: EngineName;
}

export function defineWorker(builder: Builder, enums: Enums, { TrainingRun }: Nodes): void {
  const Engine = builder.objectRef<WorkerEngine>('WorkerEngine').implement({
    description: 'What a worker trains with.',
    fields: (t) => ({
      device: t.expose('device', { type: enums.DeviceKind, description: 'What it computes on.' }),
      engine: t.expose('engine', { type: enums.Engine, description: 'What computes.' }),
    }),
  });
  const Worker = builder.objectRef<WorkerRow>('Worker').implement({
    description:
      'A process that takes training runs: `gelql worker`, or a server that trains. It sends a heartbeat every 5 seconds. After 20 seconds without one, gelql queues its runs again.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Host name and process id.' }),
      devices: t.expose('devices', { type: [enums.DeviceKind], description: 'Devices whose runs it takes.' }),
      concurrency: t.exposeInt('concurrency', { description: 'Runs of each device that it takes at once.' }),
      engines: t.field({
        type: [Engine],
        description: 'For heads: one for each of its devices.',
        resolve: ({ engines }) => enginesByDevice(engines),
      }),
      networkEngines: t.field({
        type: [Engine],
        description: 'For training inside networks. It leaves such runs on other devices to other workers.',
        resolve: ({ networkEngines }) => enginesByDevice(networkEngines),
      }),
      startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it came.' }),
      heartbeatAt: t.expose('heartbeatAt', { type: 'DateTime', description: 'Its last beat.' }),
      runs: t.loadableList({
        type: TrainingRun,
        description: 'Its current runs, oldest first.',
        load: (ids: string[], { app }) => findRunsOfWorkers(app.database, ids),
        resolve: ({ id }) => id,
      }),
    }),
  });
  builder.queryField('workers', (t) =>
    t.field({
      type: [Worker],
      description: 'The workers that live now, oldest first.',
      resolve: (_root, _args, { app }) => listLiveWorkers(app.database),
    }),
  );
}

function enginesByDevice(engines: WorkerEngines): WorkerEngine[] {
  return DEVICES.flatMap((device) => {
    const engine = engines[device];
    return engine === undefined ? [] : [{ device, engine }];
  });
}
