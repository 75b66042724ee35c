import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../../config.js';
import { GelqlError } from '../../errors.js';
import { ARCHITECTURES, FEATURE_POINTS } from '../../words/architecture.js';
import { isFileNotFound } from './file-facts.js';

/**
 * Backbones that were fetched or imported lie in `<cacheDir>/weights` as `<id>.safetensors` beside `<id>.json`. The
 * manifest is written last, so a file without one does not exist for the rest of the program.
 */
const channels = z.tuple([z.number(), z.number(), z.number()]);
const positiveChannels = z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]);
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const pinnedFile = z.object({
  fileName: z.string().min(1),
  sizeBytes: z.number().int().min(1),
  sha256: digest,
});

const manifestSchema = z.object({
  id: z.string().min(1),
  architecture: z.enum(ARCHITECTURES),
  featurePoint: z.enum(FEATURE_POINTS),
  featureSize: z.number().int().min(1),
  mean: channels,
  standardDeviation: positiveChannels,
  /** The safetensors file. */
  stored: pinnedFile,
  /** The file that it was made from, and what was taken from the front of all its names. */
  source: pinnedFile.extend({ namePrefix: z.string().default('') }),
});

export type StoredManifest = z.infer<typeof manifestSchema>;

/** Letters, digits, `_`, `-` and `.` in small: ids are file names on every system. */
export function isBackboneId(id: string): boolean {
  return /^[a-z0-9][a-z0-9_.-]{0,63}$/.test(id);
}

export function weightsDirOf({ cacheDir }: Pick<Config, 'cacheDir'>): string {
  return join(cacheDir, 'weights');
}

export function manifestPathOf(id: string, places: Pick<Config, 'cacheDir'>): string {
  return join(weightsDirOf(places), `${id}.json`);
}

/**
 * @returns null where there is none
 * @throws GelqlError WEIGHTS_INVALID where there is one that cannot be read
 */
export async function readManifest(
  id: string,
  places: Pick<Config, 'cacheDir'>,
): Promise<StoredManifest | null> {
  const path = manifestPathOf(id, places);
  try {
    const manifest = manifestSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    if (manifest.id === id && manifest.stored.fileName === storedFileName(id)) return manifest;
  } catch (cause) {
    if (isFileNotFound(cause)) return null;
    throw new GelqlError('WEIGHTS_INVALID', `${path} is not a weights manifest.`, { cause });
  }
  throw new GelqlError('WEIGHTS_INVALID', `${path} describes another backbone than ${id}.`);
}

export function storedFileName(id: string): string {
  return `${id}.safetensors`;
}
