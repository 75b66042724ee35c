import { readdirSync } from 'node:fs';

/** The device files of NVIDIA's driver; `dxg` is the one of WSL. */
const DEVICE_FILES = /^(nvidia\d+|nvidiactl|dxg)$/;

/**
 * What may be the reason where one card was asked for and none is found: CUDA says the same of a number that is not there.
 * @param card its number; null where none was named
 * @returns nothing, or a sentence with a space before it
 */
export function remindOfNumber(card: number | null): string {
  return card === null ? '' : ` Card ${card} was asked for: \`nvidia-smi -L\` numbers those that there are.`;
}

/**
 * Says without loading anything that NVIDIA's driver is not here.
 * @param names the files in /dev, by default those of this machine
 */
export function findDriverAbsence(names: readonly string[] = readdirSync('/dev')): string | null {
  if (names.some((name) => DEVICE_FILES.test(name))) return null;
  return 'No NVIDIA driver is loaded on this machine (no /dev/nvidiactl, /dev/nvidia0 or /dev/dxg).';
}
