import type { Device } from '../compute/engines/engine.js';
import type { Compute } from '../compute/protocol.js';
import type { Database } from '../db/client.js';
import { GelqlError } from '../errors.js';
import type { BackboneRecord } from '../networks/architecture.js';
import type { ReuseConditions } from './reusable-run.js';
import { listWorkersOf } from './workers.js';

/**
 * What would compute a run that is queued now: the engines of the live workers for its device, or, where none lives, of
 * this process. Another machine's engine for the features is not known here.
 * @throws GelqlError DEVICE_UNAVAILABLE, ENGINE_UNAVAILABLE
 */
export async function chooseRunEngines(
  { database, compute }: { database: Database; compute: Compute },
  device: Device,
  backbone: BackboneRecord,
): Promise<Pick<ReuseConditions, 'engines' | 'features'>> {
  const live = (await listWorkersOf(database, device)).flatMap(({ engines }) => engines[device] ?? []);
  const [own] = await Promise.allSettled([compute.chooseTrainingEngine(device)]);
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
