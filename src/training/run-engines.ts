import type { Device, EngineName } from '../compute/engines/engine.js';
import { ENGINES } from '../compute/engines/table.js';
import type { Compute } from '../compute/protocol.js';
import type { Database } from '../db/client.js';
import { GelqlError } from '../errors.js';
import type { BackboneRecord } from '../networks/architecture.js';
import type { TrainingConfiguration } from './configuration.js';
import type { ReuseConditions } from './reusable-run.js';
import { listWorkersOf } from './workers.js';

/**
 * What would compute a run that is queued now: the engines of the live workers for its device, or, where none lives, of
 * this process. Another machine's engine for the features is not known here.
 * @param configuration of the run: training inside a network takes an engine that can
 * @throws GelqlError DEVICE_UNAVAILABLE, ENGINE_UNAVAILABLE
 */
export async function chooseRunEngines(
  { database, compute }: { database: Database; compute: Compute },
  { device, network }: Pick<TrainingConfiguration, 'device' | 'network'>,
  backbone: BackboneRecord,
): Promise<Pick<ReuseConditions, 'engines' | 'features'>> {
  const inside = network !== undefined;
  const known = (await listWorkersOf(database, device)).flatMap(({ engines }) => engines[device] ?? []);
  const live = inside ? known.filter((name) => ENGINES[name].trainsNetworks) : known;
  const [own] = await Promise.allSettled([compute.chooseTrainingEngine(device, { inside })]);
  if (live.length === 0 && known.length > 0) throw noneTrainsNetworks(known, device);
  if (live.length === 0 && device === 'GPU') {
    throw new GelqlError(
      'DEVICE_UNAVAILABLE',
      'No worker takes GPU runs now. Start one on a machine with a graphics card, with the same DATABASE_URL: gelql worker --device gpu.',
      { facts: { device } },
    );
  }
  if (own.status === 'rejected') {
    if (live.length === 0) throw own.reason;
    return { engines: live, features: null };
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
    `The workers for ${device} runs train heads only (${engines}). Set up native TensorFlow where one runs (gelql setup tensorflow) and start it again, or leave trainable at HEAD.`,
    { facts: { device, engines: [...known] } },
  );
}
