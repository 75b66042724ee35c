import type { Command } from 'commander';
import { createApp } from '../../app.js';
import type { DeviceSelection } from '../../words/device-selection.js';
import type { Device } from '../../words/device.js';
import type { Config } from '../../config.js';
import { createLogger } from '../../logger.js';
import { runInterruptibly, untilAborted } from '../terminal/interruptible.js';
import { printNote } from '../terminal/output.js';
import { deviceSelection, onCard } from '../parse/parse-device.js';
import { integerBetween } from '../parse/parse-number.js';

interface WorkerFlags {
  device?: DeviceSelection;
  concurrency?: number;
}

export function registerWorkerCommand(program: Command, getConfig: () => Config): void {
  program
    .command('worker')
    .description('take training runs from the queue of the database until stopped')
    .option(
      '--device <device>',
      'take runs for this device only: cpu, gpu, or one card such as gpu:1 (default: cpu)',
      deviceSelection({ offersAuto: false }),
    )
    .option(
      '--concurrency <number>',
      'runs at once; they share the threads (GELQL_TRAINING_WORKERS, default 1)',
      integerBetween(1, 64),
    )
    .addHelpText(
      'after',
      `
Any number of workers, on one machine or several, share one queue with the servers on the same database: that of GELQL_DATA_DIR
or of DATABASE_URL. On SIGTERM
or Ctrl-C the runs go back to the queue at once; when the process or its machine dies, within 30 seconds. Runs that train
inside networks are taken only where an engine can (gelql doctor).

Examples:
  gelql worker
  gelql worker --device gpu
  DATABASE_URL=postgres://... gelql worker --device gpu:1
  gelql worker --concurrency 4`,
    )
    .action(async (flags: WorkerFlags) => {
      const config = onCard(getConfig(), flags.device);
      const trainingWorkers = flags.concurrency ?? Math.max(1, config.trainingWorkers);
      await work({ ...config, trainingWorkers }, flags.device?.device === 'GPU' ? 'GPU' : 'CPU');
    });
}

async function work(config: Config, device: Device): Promise<void> {
  const app = await createApp(config, createLogger(config.logLevel));
  try {
    await runInterruptibly(async (signal) => {
      const worker = await app.startTrainingWorker([device]);
      printNote(
        `worker ${worker?.name} takes ${device} runs, ${worker?.concurrency} at once, on ${worker?.engines[device]}. Stop with Ctrl-C.`,
      );
      if (worker?.networkEngines[device] === undefined) {
        printNote(
          'It trains heads only: runs that train inside networks are left to other workers (gelql setup tensorflow mends that).',
        );
      }
      await untilAborted(signal);
      app.logger.info('stopping');
    });
  } finally {
    await app.close();
  }
}
