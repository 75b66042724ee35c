import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildAddon } from './build-addon.js';
import { digestFile } from './digest-file.js';
import { ADDON_NAME, writeManifest, type InstallationManifest } from './installation.js';
import { proveAddon } from './prove-addon.js';
import type { SetupPlan } from './setup-plan.js';
import type { Tools } from './tools.js';
import { unpackWheel } from './unpack-wheel.js';
import type { Wheel } from './wheel.js';

/**
 * Builds a complete installation in `workDirectory`/tensorflow, manifest last.
 * @throws GelqlError SETUP_FAILED
 */
export async function assembleInstallation(
  plan: SetupPlan,
  tools: Tools,
  wheel: Wheel,
  workDirectory: string,
): Promise<InstallationManifest> {
  const { tfjs, platform, onProgress, signal } = plan;
  const directory = join(workDirectory, 'tensorflow');
  const addonPath = join(directory, ADDON_NAME);
  onProgress('unpacking the libraries and headers');
  await unpackWheel(wheel.path, workDirectory, tools.python, signal);
  onProgress(`compiling the addon (${tools.compilerVersion})`);
  await buildAddon({
    ...{ tfjs, platform, signal, compiler: tools.compiler, outputPath: addonPath },
    includeDirectory: join(directory, 'include'),
    libraryDirectory: directory,
  });
  onProgress('proving it in a process of its own');
  const version = await proveAddon(tfjs, addonPath, { signal });
  await keepLicence(directory);
  const now = new Date().toISOString();
  const manifest: InstallationManifest = {
    tensorflow: version,
    tfjs: tfjs.version,
    wheel: {
      fileName: wheel.fileName,
      sha256: wheel.sha256,
      sizeBytes: wheel.sizeBytes,
      isPinned: wheel.isPinned,
    },
    compiler: tools.compilerVersion,
    files: await digestFolder(directory),
    installedAt: now,
    selectedAt: now,
  };
  await writeManifest(directory, manifest);
  return manifest;
}

/** The headers were needed for compiling only; TensorFlow's licence lies among them. */
async function keepLicence(directory: string): Promise<void> {
  const licence = join(directory, 'include', 'LICENSE');
  if (existsSync(licence)) await rename(licence, join(directory, 'LICENSE'));
  await rm(join(directory, 'include'), { recursive: true });
}

async function digestFolder(directory: string): Promise<InstallationManifest['files']> {
  const files: InstallationManifest['files'] = {};
  for (const name of (await readdir(directory)).sort()) files[name] = await digestFile(join(directory, name));
  return files;
}
