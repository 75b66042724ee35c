import { readdirSync, readFileSync, statSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { TensorflowVariant } from './platforms.js';
import type { TfjsNodePackage } from './tfjs-node-package.js';

export const ADDON_NAME = 'tfjs_binding.node';
const MANIFEST_NAME = 'manifest.json';

const fileSchema = z.object({ sizeBytes: z.number(), sha256: z.string() });
export const wheelRecordSchema = z.object({
  fileName: z.string(),
  sha256: z.string(),
  sizeBytes: z.number(),
  isPinned: z.boolean(),
});
/** A wheel that files came from; `isPinned`: its bytes were checked against a hash that ships with gelql. */
export type WheelRecord = z.infer<typeof wheelRecordSchema>;

const manifestSchema = z.object({
  tensorflow: z.string(),
  tfjs: z.string(),
  wheel: wheelRecordSchema,
  /** Those of CUDA's libraries, where the installation computes on graphics cards. */
  cudaWheels: z.array(wheelRecordSchema).optional(),
  compiler: z.string(),
  /** By path below the folder: the addon and the libraries. */
  files: z.record(z.string(), fileSchema),
  installedAt: z.iso.datetime(),
  /** The installation selected last is the one that gets linked. */
  selectedAt: z.iso.datetime(),
});

/** Written last, so that its presence means that everything else is in place and was proven to work. */
export type InstallationManifest = z.infer<typeof manifestSchema>;

/** One complete TensorFlow in the cache. */
export interface Installation {
  directory: string;
  addonPath: string;
  manifest: InstallationManifest;
}

export function tensorflowRoot(cacheDir: string): string {
  return join(cacheDir, 'tensorflow');
}

/** For example `2.18.1-tfjs4.22.0-linux-x64-napi8`: what an addon fits, so that no upgrade meets a stale one. */
export function installationName(
  version: string,
  tfjs: TfjsNodePackage,
  variant: TensorflowVariant = 'cpu',
): string {
  return `${version}-${nameSuffix(tfjs, variant)}`;
}

function nameSuffix(tfjs: TfjsNodePackage, variant: TensorflowVariant): string {
  const fit = `tfjs${tfjs.version}-${process.platform}-${process.arch}-napi${tfjs.napiVersion}`;
  return variant === 'cpu' ? fit : `${fit}-${variant}`;
}

/** @returns null where the folder is absent, broken off, or a file has gone or changed its size since */
export function readInstallation(directory: string): Installation | null {
  const manifest = readManifest(join(directory, MANIFEST_NAME));
  if (manifest === null) return null;
  const isWhole = Object.entries(manifest.files).every(
    ([name, file]) => statSync(join(directory, name), { throwIfNoEntry: false })?.size === file.sizeBytes,
  );
  const addon = Object.keys(manifest.files).find((name) => basename(name) === ADDON_NAME);
  return isWhole && addon !== undefined ? { directory, addonPath: join(directory, addon), manifest } : null;
}

function readManifest(path: string): InstallationManifest | null {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return null;
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  }
}

/** The complete installation for this platform and tfjs-node that was selected last; null where there is none. */
export function findSelectedInstallation(
  cacheDir: string,
  tfjs: TfjsNodePackage,
  variant: TensorflowVariant = 'cpu',
): Installation | null {
  const root = tensorflowRoot(cacheDir);
  if (statSync(root, { throwIfNoEntry: false }) === undefined) return null;
  const found = readdirSync(root)
    .filter((name) => name.endsWith(`-${nameSuffix(tfjs, variant)}`))
    .map((name) => readInstallation(join(root, name)))
    .filter((installation) => installation !== null);
  return found.sort((a, b) => b.manifest.selectedAt.localeCompare(a.manifest.selectedAt))[0] ?? null;
}

/** Replaces the manifest in one step: a reader sees the old one or the new one. */
export async function writeManifest(directory: string, manifest: InstallationManifest): Promise<void> {
  const temporary = join(directory, `${MANIFEST_NAME}.${process.pid}`);
  await writeFile(temporary, `${JSON.stringify(manifest, null, 2)}\n`);
  await rename(temporary, join(directory, MANIFEST_NAME));
}
