import { existsSync } from 'node:fs';
import { copyFile, readdir, rm, stat, symlink } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { buildAddon } from './build-addon.js';
import { digestFile } from './digest-file.js';
import { ADDON_NAME, writeManifest, type InstallationManifest, type WheelRecord } from './installation.js';
import { obtainWheel } from './wheels/obtain-wheel.js';
import { proveAddon } from './prove-addon.js';
import type { SetupPlan } from './setup-plan.js';
import { stageWheels } from './wheels/stage-wheels.js';
import { STAGING_RECORD } from './wheels/staged-wheels.js';
import type { Tools } from './tools.js';
import { unpackWheel, WANTED } from './wheels/unpack-wheel.js';

/** Needed for compiling only; TensorFlow's licence lies among them. */
const HEADERS = 'include';

export interface AssembledInstallation {
  directory: string;
  manifest: InstallationManifest;
}

/**
 * Builds a complete installation for the processor in `workDirectory`/tensorflow, manifest last.
 * @throws GelqlError SETUP_FAILED
 */
export async function assembleForCpu(
  plan: SetupPlan,
  tools: Tools,
  workDirectory: string,
): Promise<AssembledInstallation> {
  const wheel = await obtainWheel(plan, tools, workDirectory);
  const directory = join(workDirectory, 'tensorflow');
  plan.onProgress('unpacking the libraries and headers');
  await unpackWheel(wheel.path, workDirectory, WANTED.tensorflow, tools.python, plan.signal);
  const version = await buildAndProve(plan, tools, directory);
  const { fileName, sha256, sizeBytes, isPinned } = wheel;
  const wheels = { wheel: { fileName, sha256, sizeBytes, isPinned } };
  const manifest = await describeFiles(plan, tools, { directory, version, wheels });
  await rm(join(directory, HEADERS), { recursive: true });
  return { directory, manifest };
}

/**
 * The same for graphics cards: `tensorflow/` with the libraries and the addon, and beside it `nvidia/`, where the libraries
 * look for CUDA's.
 * @throws GelqlError SETUP_FAILED; what has been fetched until then stays for the next try
 */
export async function assembleForGpu(
  plan: SetupPlan,
  tools: Tools,
  workDirectory: string,
): Promise<AssembledInstallation> {
  const { folder, tensorflow, cuda } = await stageWheels(plan, tools, workDirectory);
  const { directory } = folder;
  const version = await buildAndProve(plan, tools, join(directory, 'tensorflow'));
  plan.onProgress('computing the digests of all files');
  const wheels = { wheel: tensorflow, cudaWheels: cuda };
  const manifest = await describeFiles(plan, tools, { directory, version, wheels });
  await folder.finish();
  await rm(join(directory, 'tensorflow', HEADERS), { recursive: true });
  await linkRuntimeCompiler(join(directory, 'nvidia'));
  return { directory, manifest };
}

/**
 * cuDNN 9.3 looks for the compiler of its run-time engines in `nvrtc` beside its own folder (RUNPATH), where its maker's
 * archives have it; the wheels have it in `cuda_nvrtc`.
 */
async function linkRuntimeCompiler(nvidia: string): Promise<void> {
  const link = join(nvidia, 'nvrtc');
  if (existsSync(join(nvidia, 'cuda_nvrtc')) && !existsSync(link)) await symlink('cuda_nvrtc', link);
}

/** @param directory of TensorFlow's libraries. @returns the version that the library states */
async function buildAndProve(plan: SetupPlan, tools: Tools, directory: string): Promise<string> {
  const { tfjs, platform, onProgress, signal } = plan;
  const addonPath = join(directory, ADDON_NAME);
  const includeDirectory = join(directory, HEADERS);
  onProgress(`compiling the addon (${tools.compilerVersion})`);
  await buildAddon({
    ...{ tfjs, platform, signal, compiler: tools.compiler, outputPath: addonPath },
    ...{ includeDirectory, libraryDirectory: directory },
  });
  onProgress('proving it in a process of its own');
  const version = await proveAddon(tfjs, addonPath, { signal });
  const licence = join(includeDirectory, 'LICENSE');
  if (existsSync(licence)) await copyFile(licence, join(directory, 'LICENSE'));
  return version;
}

async function describeFiles(
  { tfjs }: SetupPlan,
  { compilerVersion }: Tools,
  built: {
    directory: string;
    version: string;
    wheels: { wheel: WheelRecord; cudaWheels?: WheelRecord[] };
  },
): Promise<InstallationManifest> {
  const now = new Date().toISOString();
  const manifest: InstallationManifest = {
    tensorflow: built.version,
    tfjs: tfjs.version,
    ...built.wheels,
    compiler: compilerVersion,
    files: await digestFolder(built.directory),
    installedAt: now,
    selectedAt: now,
  };
  await writeManifest(built.directory, manifest);
  return manifest;
}

async function digestFolder(directory: string): Promise<InstallationManifest['files']> {
  const files: InstallationManifest['files'] = {};
  for (const name of (await readdir(directory, { recursive: true })).sort()) {
    const path = join(directory, name);
    const isKept = name !== STAGING_RECORD && !name.split(sep).includes(HEADERS);
    if (isKept && (await stat(path)).isFile()) files[name] = await digestFile(path);
  }
  return files;
}
