import { DEVICE_CHOICES, type DeviceChoice } from './device.js';

/** A device as it is given on the command line or in the environment. */
export interface DeviceSelection {
  device: DeviceChoice;
  /** Number of one graphics card; null where none was named. */
  card: number | null;
}

/** @param text `auto`, `cpu`, `gpu` or one card, `gpu:1`, in any case. @returns null for anything else */
export function parseDeviceSelection(text: string): DeviceSelection | null {
  const [, name = '', card] = /^(AUTO|CPU|GPU)(?::(\d{1,2}))?$/.exec(text.toUpperCase()) ?? [];
  const device = DEVICE_CHOICES.find((choice) => choice === name);
  if (device === undefined) return null;
  if (card === undefined) return { device, card: null };
  return device === 'GPU' ? { device, card: Number(card) } : null;
}
