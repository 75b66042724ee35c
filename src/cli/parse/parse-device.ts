import { InvalidArgumentError } from 'commander';
import { parseDeviceSelection, type DeviceSelection } from '../../words/device-selection.js';
import type { Config } from '../../config.js';

/**
 * Reads the device of a command's option: `cpu`, `gpu`, one card such as `gpu:1`, and `auto` where it is offered.
 * @throws InvalidArgumentError
 */
export function deviceSelection({ offersAuto }: { offersAuto: boolean }): (text: string) => DeviceSelection {
  return (text) => {
    const selection = parseDeviceSelection(text);
    if (selection !== null && (offersAuto || selection.device !== 'AUTO')) return selection;
    const offered = offersAuto ? 'auto, cpu, gpu' : 'cpu, gpu';
    throw new InvalidArgumentError(`Must be one of ${offered}, or one card such as gpu:1.`);
  };
}

/** The configuration of a process that computes on the card that an option named; as it is where none was. */
export function onCard(config: Config, selection: DeviceSelection | undefined): Config {
  return { ...config, card: selection?.card ?? config.card };
}
