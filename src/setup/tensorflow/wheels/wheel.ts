import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { GelqlError } from '../../../errors.js';
import { digestFile } from '../digest-file.js';
import type { WheelRecord } from '../installation.js';
import type { PinnedWheel, TensorflowPlatform } from '../platforms.js';

/** A wheel on disk that may be unpacked. */
export interface Wheel extends WheelRecord {
  path: string;
}

/**
 * The TensorFlow version that a wheel's file name states.
 * @throws GelqlError SETUP_FAILED where the file is absent, is not a TensorFlow wheel, or is one for another platform
 */
export function readWheelName(path: string, platform: TensorflowPlatform): string {
  const name = basename(path);
  const version = /^tensorflow(?:_cpu)?-(\d[^-]*)-[^-]+-[^-]+-[^-]+\.whl$/.exec(name)?.[1];
  if (version === undefined || !platform.wheelName.test(name)) {
    throw new GelqlError(
      'SETUP_FAILED',
      `${name} is not a TensorFlow wheel for this platform: its name must match tensorflow*-VERSION-*-${platform.wheelName.source}`,
    );
  }
  if (!existsSync(path)) throw new GelqlError('SETUP_FAILED', `there is no file ${path}`);
  return version;
}

/**
 * Compares a wheel with the pinned hash of its version, if there is one.
 * @param source `pip` chose the very file that is pinned, so any difference is a refusal; a wheel given by hand may be
 *   another build of the same version (another Python tag), which is taken as it is and reported as not pinned
 * @throws GelqlError SETUP_FAILED where the bytes are not the pinned ones
 */
export async function checkWheel(
  path: string,
  pin: PinnedWheel | undefined,
  source: 'pip' | 'file',
): Promise<Wheel> {
  const fileName = basename(path);
  const { sha256, sizeBytes } = await digestFile(path);
  const isPinned = pin !== undefined && (source === 'pip' || pin.fileName === fileName);
  if (isPinned && pin.sha256 !== sha256) {
    throw new GelqlError(
      'SETUP_FAILED',
      `${fileName} is not the published file: SHA-256 is ${sha256}, must be ${pin.sha256}; fetch it again from a source that you trust`,
      { facts: { expected: pin.sha256, actual: sha256 } },
    );
  }
  return { path, fileName, sha256, sizeBytes, isPinned };
}
