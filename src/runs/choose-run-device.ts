import type { Device, DeviceChoice } from '../words/device.js';
import { deviceOf } from '../compute/engines/table.js';
import type { Compute } from '../compute/protocol.js';
import type { Config } from '../config.js';
import type { Database } from '../db/client.js';
import { findBackbone } from '../networks/weights/backbones.js';
import type { TrainingConfiguration } from '../words/training-configuration.js';
import { needsOf } from './run-needs.js';
import { listWorkersOf } from './workers.js';

/** A configuration whose device may still be open. */
export type OpenConfiguration = Omit<TrainingConfiguration, 'device'> & { device: DeviceChoice };

/**
 * The configuration with a device in the place of `AUTO`: of those that a live worker takes such runs for, the one whose
 * fastest engine was measured to compute this backbone's features fastest, on this machine. Where no worker takes it for a
 * GPU, the CPU; where none does for a CPU, the GPU.
 */
export async function settleDevice(
  services: { config: Config; database: Database; compute: Compute },
  configuration: OpenConfiguration,
): Promise<TrainingConfiguration> {
  const { device } = configuration;
  if (device !== 'AUTO') return { ...configuration, device };
  return { ...configuration, device: await chooseRunDevice(services, configuration) };
}

async function chooseRunDevice(
  { config, database, compute }: { config: Config; database: Database; compute: Compute },
  { backboneId, trainable }: Pick<TrainingConfiguration, 'backboneId' | 'trainable'>,
): Promise<Device> {
  const isTakenOn = async (device: Device): Promise<boolean> => {
    return (await listWorkersOf(database, needsOf({ device, trainable }))).length > 0;
  };
  if (!(await isTakenOn('GPU'))) return 'CPU';
  if (!(await isTakenOn('CPU'))) return 'GPU';
  // What stands against the backbone is told where the run is checked.
  const backbone = await findBackbone(backboneId, config).catch(() => null);
  return backbone === null ? 'CPU' : deviceOf(await compute.chooseEngine('AUTO', backbone));
}
