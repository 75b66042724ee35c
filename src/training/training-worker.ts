import { DEVICES, type Device, type EngineName, type WorkerEngines } from '../words/device.js';
import type { Compute } from '../compute/protocol.js';
import { GelqlError, type ErrorCode } from '../errors.js';
import { codeVersion } from '../runs/code-version.js';
import { executeRun, type RunServices } from './execute-run.js';
import { registerWorker, type WorkerRow } from '../runs/workers.js';

/*
 *   start: listed, beats every 5 s, takes runs -> queue.stop: its runs go back, not listed any more
 *                                              +-> killed: after 20 s without a beat likewise
 */

/** What choosing an engine fails with where no engine here does what is asked. */
const ABSENT: readonly ErrorCode[] = ['DEVICE_UNAVAILABLE', 'ENGINE_UNAVAILABLE'];

/** This process as a worker, once it is started. */
export interface TrainingWorker {
  /**
   * Lists this process as a worker and takes runs until the queue is stopped, `config.trainingWorkers` of each device at
   * once; where that is 0, none. Runs that train inside networks it leaves to others where no engine here can.
   * @param devices null: every device that heads can be trained on here
   * @returns its row; null where it takes none
   * @throws GelqlError DEVICE_UNAVAILABLE, ENGINE_UNAVAILABLE where nothing here trains on a device that was asked for
   */
  start(devices: readonly Device[] | null): Promise<WorkerRow | null>;
}

export function createTrainingWorker(services: RunServices): TrainingWorker {
  const { config, database, compute, queue } = services;
  let row: WorkerRow | null = null;

  return {
    async start(devices) {
      if (config.trainingWorkers === 0 || row !== null) return row;
      const concurrency = config.trainingWorkers;
      const { engines, networkEngines } = await findEngines(compute, devices);
      const worker = (row = await registerWorker(database, {
        devices: DEVICES.filter((device) => engines[device] !== undefined),
        concurrency,
        engines,
        networkEngines,
        codeVersion: await codeVersion(),
      }));
      await queue.work(worker, (runId, signal) => executeRun(services, runId, signal, worker.id));
      return worker;
    },
  };
}

async function findEngines(
  compute: Compute,
  asked: readonly Device[] | null,
): Promise<Pick<WorkerRow, 'engines' | 'networkEngines'>> {
  const engines: WorkerEngines = {};
  const networkEngines: WorkerEngines = {};
  for (const device of asked ?? DEVICES) {
    try {
      engines[device] = await compute.chooseTrainingEngine(device);
    } catch (error) {
      const isAbsent = error instanceof GelqlError && error.code === 'DEVICE_UNAVAILABLE';
      if (asked !== null || !isAbsent) throw error;
      continue;
    }
    const networkEngine = await findNetworkEngine(compute, device);
    if (networkEngine !== null) networkEngines[device] = networkEngine;
  }
  return { engines, networkEngines };
}

async function findNetworkEngine(compute: Compute, device: Device): Promise<EngineName | null> {
  try {
    return await compute.chooseTrainingEngine(device, { inside: true });
  } catch (error) {
    if (error instanceof GelqlError && ABSENT.includes(error.code)) return null;
    throw error;
  }
}
