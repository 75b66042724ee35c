import { mkdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { GelqlError } from '../../errors.js';
import { assembleForCpu, assembleForGpu } from './assemble-installation.js';
import {
  findSelectedInstallation,
  installationName,
  readInstallation,
  tensorflowRoot,
  writeManifest,
  type Installation,
  type InstallationManifest,
} from './installation.js';
import { FOREIGN_BUILD, linkTensorflow } from './link-tensorflow.js';
import { DEFAULT_TENSORFLOW_VERSION, detectGlibc, selectPlatform } from './platforms.js';
import { readTfjsNodePackage } from './tfjs-node-package.js';
import type { SetupOptions, SetupPlan } from './setup-plan.js';
import { isSystemError } from './system-error.js';
import { findTools } from './tools.js';
import { readWheelName } from './wheels/wheel.js';
import { claimWorkspace } from './workspace.js';

export interface SetupOutcome {
  /** `installed`: built now; `relinked`: was in the cache, the link was missing; `already`: nothing to do. */
  status: 'installed' | 'already' | 'relinked';
  version: string;
  directory: string;
  sizeBytes: number;
  /** SHA-256 of the wheel that it came from, and whether that one ships with gelql. */
  wheel: InstallationManifest['wheel'];
  /** Those of CUDA's libraries; absent where it computes on the processor. */
  cudaWheels?: InstallationManifest['wheel'][];
}

/**
 * Installs native TensorFlow for tfjs-node into the cache and links it:
 * wheel -> checked -> unpacked -> addon compiled -> proven in a child process -> manifest -> renamed into place -> linked.
 * The variant for graphics cards has CUDA's libraries beside it and is not linked: its engine loads it from the cache, in a
 * process of its own.
 * Everything before the rename happens in a folder of this process's own, so an end at any point leaves no trace that a
 * second call would trip over; of the gigabytes for graphics cards, whole wheels are kept for it. A second process waits for the first and takes over what it built.
 * @throws GelqlError SETUP_FAILED with one line that says what is missing or wrong; CANCELLED where `signal` ended it
 */
export async function setupTensorflow(options: SetupOptions): Promise<SetupOutcome> {
  try {
    return await installOrSelect(makePlan(options));
  } catch (error) {
    throw translateFailure(error, options);
  }
}

async function installOrSelect(plan: SetupPlan): Promise<SetupOutcome> {
  const present = readInstallation(plan.directory);
  if (present !== null) return await selectInstallation(plan, present);
  const isFetching = plan.wheel === undefined || plan.variant === 'gpu';
  const tools = await findTools({ pip: isFetching, signal: plan.signal });
  const workspace = await claimWorkspace(
    tensorflowRoot(plan.cacheDir),
    () => plan.onProgress('another process is installing TensorFlow: waiting for it'),
    plan.signal,
  );
  try {
    const builtMeanwhile = readInstallation(plan.directory);
    if (builtMeanwhile !== null) return await selectInstallation(plan, builtMeanwhile);
    const assemble = plan.variant === 'gpu' ? assembleForGpu : assembleForCpu;
    const { directory, manifest } = await assemble(plan, tools, workspace.directory);
    await moveIntoPlace(directory, plan.directory);
    if (plan.variant === 'cpu') linkOrFail(plan);
    return describe('installed', plan.directory, manifest);
  } finally {
    workspace.release();
  }
}

function makePlan(options: SetupOptions): SetupPlan {
  const { variant = 'cpu' } = options;
  const platform = selectPlatform(process.platform, process.arch, detectGlibc(), variant);
  const wheel = options.wheel === undefined ? undefined : resolve(options.wheel);
  const wheelVersion = wheel === undefined ? undefined : readWheelName(wheel, platform);
  if (wheelVersion !== undefined && options.version !== undefined && wheelVersion !== options.version) {
    throw new GelqlError(
      'SETUP_FAILED',
      `--wheel holds TensorFlow ${wheelVersion}, --version asks for ${options.version}`,
    );
  }
  const version = options.version ?? wheelVersion ?? DEFAULT_TENSORFLOW_VERSION;
  if (!/^\d+(\.\w+)+$/.test(version)) {
    throw new GelqlError(
      'SETUP_FAILED',
      `"${version}" is not a version; the tested one is ${DEFAULT_TENSORFLOW_VERSION}`,
    );
  }
  const tfjs = options.tfjs ?? readTfjsNodePackage();
  const directory = join(tensorflowRoot(options.cacheDir), installationName(version, tfjs, variant));
  return { ...options, variant, wheel, version, platform, tfjs, directory };
}

async function moveIntoPlace(from: string, to: string): Promise<void> {
  // What lies there is not complete, or this would not have been built.
  await rm(to, { recursive: true, force: true });
  await mkdir(join(to, '..'), { recursive: true });
  await rename(from, to);
}

async function selectInstallation(plan: SetupPlan, installation: Installation): Promise<SetupOutcome> {
  const selected = findSelectedInstallation(plan.cacheDir, plan.tfjs, plan.variant);
  if (selected?.directory !== installation.directory) {
    await writeManifest(installation.directory, {
      ...installation.manifest,
      selectedAt: new Date().toISOString(),
    });
  }
  const changed = plan.variant === 'cpu' && linkOrFail(plan).changed;
  return describe(changed ? 'relinked' : 'already', installation.directory, installation.manifest);
}

function linkOrFail(plan: SetupPlan): { changed: boolean } {
  const outcome = linkTensorflow(plan.cacheDir, plan.tfjs);
  if (!outcome.linked) {
    throw new GelqlError(
      'SETUP_FAILED',
      `TensorFlow lies in the cache but cannot be linked: ${outcome.reason}`,
    );
  }
  if (outcome.version === FOREIGN_BUILD) {
    plan.onProgress(
      `tfjs-node goes on using an addon built elsewhere: remove ${plan.tfjs.addonPath} to use this one`,
    );
  }
  return outcome;
}

function describe(
  status: SetupOutcome['status'],
  directory: string,
  manifest: InstallationManifest,
): SetupOutcome {
  const sizeBytes = Object.values(manifest.files).reduce((sum, file) => sum + file.sizeBytes, 0);
  const { tensorflow: version, wheel, cudaWheels } = manifest;
  return { status, version, directory, sizeBytes, wheel, ...(cudaWheels && { cudaWheels }) };
}

/** A full disk or a cache that cannot be written is the operator's to mend, like a missing program. */
function translateFailure(error: unknown, { signal, variant }: SetupOptions): unknown {
  if (error instanceof GelqlError) return error;
  if (signal?.aborted === true) {
    const left =
      variant === 'gpu' ? 'the wheels that it has unpacked stay for the next try' : 'nothing is left of it';
    return new GelqlError('CANCELLED', `the set-up of TensorFlow was stopped; ${left}`, { cause: error });
  }
  return isSystemError(error) ? new GelqlError('SETUP_FAILED', error.message, { cause: error }) : error;
}
