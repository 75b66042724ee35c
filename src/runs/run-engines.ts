import type { Device, EngineName } from '../words/device.js';
import type { Compute } from '../compute/protocol.js';
import type { Database } from '../db/client.js';
import { GelqlError } from '../errors.js';
import type { BackboneRecord } from '../words/architecture.js';
import type { TrainingConfiguration } from '../words/training-configuration.js';
import type { ReuseConditions } from './reusable-run.js';
import { needsOf } from './run-needs.js';
import { engineFor, listLiveWorkers } from './workers.js';

/**
 * What would compute a run that is queued now: the engines of the live workers that take such runs, or, where none lives,
 * of this process. Another machine's engine for the features is not known here.
 * @param configuration of the run: training inside a network takes an engine that can
 * @throws GelqlError DEVICE_UNAVAILABLE, ENGINE_UNAVAILABLE
 */
export async function chooseRunEngines(
  { database, compute }: { database: Database; compute: Compute },
  configuration: Pick<TrainingConfiguration, 'device' | 'trainable'>,
  backbone: BackboneRecord,
): Promise<Pick<ReuseConditions, 'engines' | 'features'>> {
  const needs = needsOf(configuration);
  const { device, inside } = needs;
  const workers = await listLiveWorkers(database);
  const live = workers.flatMap((worker) => engineFor(worker, needs) ?? []);
  const [own] = await Promise.allSettled([compute.chooseTrainingEngine(device, { inside })]);
  const forHeads = workers.flatMap((worker) => engineFor(worker, { device, inside: false }) ?? []);
  if (live.length === 0 && forHeads.length > 0) throw noneTrainsNetworks(forHeads, device);
  if (live.length === 0 && device === 'GPU') {
    throw new GelqlError(
      'DEVICE_UNAVAILABLE',
      'No worker takes GPU runs now. Start one where a graphics card is, on the same database: gelql worker --device gpu.',
      { facts: { device } },
    );
  }
  if (own.status === 'rejected') {
    if (live.length > 0) return { engines: live, features: null };
    throw inside ? noWorkerTrainsNetworks(device, own.reason) : own.reason;
  }
  const beside = own.value;
  if (live.length > 0 && !live.includes(beside)) return { engines: live, features: null };
  const engine = await compute.chooseEngine(device, backbone);
  return { engines: live.length > 0 ? live : [beside], features: { beside, engine } };
}

function noneTrainsNetworks(known: readonly EngineName[], device: Device): GelqlError {
  const engines = [...new Set(known)].join(', ');
  return new GelqlError(
    'ENGINE_UNAVAILABLE',
    `The workers for ${device} runs train heads only (${engines}). Start one where native TensorFlow is set up (gelql setup tensorflow, gelql worker), or leave trainable at HEAD.`,
    { facts: { device, engines: [...known] } },
  );
}

function noWorkerTrainsNetworks(device: Device, cause: unknown): GelqlError {
  return new GelqlError(
    'ENGINE_UNAVAILABLE',
    `No worker trains inside networks on the ${device} now, and this machine cannot. Start one where native TensorFlow is set up (gelql setup tensorflow, gelql worker), or leave trainable at HEAD.`,
    { cause, facts: { device } },
  );
}
