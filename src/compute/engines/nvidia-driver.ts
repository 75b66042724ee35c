import { readdirSync } from 'node:fs';

/** The device files of NVIDIA's driver; `dxg` is the one of WSL. */
const DEVICE_FILES = /^(nvidia\d+|nvidiactl|dxg)$/;

/**
 * Says without loading anything that NVIDIA's driver is not here.
 * @param names the files in /dev, by default those of this machine
 */
export function findDriverAbsence(names: readonly string[] = readdirSync('/dev')): string | null {
  if (names.some((name) => DEVICE_FILES.test(name))) return null;
  return 'No NVIDIA driver is loaded on this machine (no /dev/nvidiactl, /dev/nvidia0 or /dev/dxg).';
}
