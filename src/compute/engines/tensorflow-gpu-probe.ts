import { detectGlibc, selectPlatform } from '../../setup/tensorflow/platforms.js';
import { findSelectedInstallation } from '../../setup/tensorflow/installation.js';
import { LOAD_TFJS_NODE } from '../../setup/tensorflow/prove-addon.js';
import { runCommand, summariseFailure } from '../../setup/tensorflow/run-command.js';
import { readTfjsNodePackage, type TfjsNodePackage } from '../../setup/tensorflow/tfjs-node-package.js';
import { findDriverAbsence, remindOfNumber } from './nvidia-driver.js';
import { explainMissingCard, readCardName } from './tensorflow-gpu-log.js';
import { tensorflowVersion } from './tensorflow-probe.js';
import type { EnginePlace, EngineProbe } from './engine.js';

/**
 * The import of the build for graphics cards works on any machine; whether there is a card is in the device list that the
 * backend has from TensorFlow. What became of a card that is not in it, only TensorFlow's log says.
 */
const LIST_DEVICES = `${LOAD_TFJS_NODE}
const backend = tf.backend();
console.log(JSON.stringify({ version: backend.binding.TF_Version, hasCard: backend.isUsingGpuDevice }));
`;
/** The log then names every library that is opened and every card that is found. */
const TALKATIVE = { TF_CPP_MIN_LOG_LEVEL: '0', TF_CPP_VMODULE: 'dso_loader=1,gpu_device=1' };

const NOT_SET_UP = 'TensorFlow for graphics cards is not set up: run `gelql setup tensorflow --gpu`.';
/** The library of a gigabyte from a cold disk; less than what the trial process has in all. */
const LOAD_TIMEOUT_MS = 50_000;

/** What can be told without loading gigabytes: another platform, no driver, not set up. */
export function findCudaTensorflowAbsence({ cacheDir }: Pick<EnginePlace, 'cacheDir'>): string | null {
  try {
    selectPlatform(process.platform, process.arch, detectGlibc(), 'gpu');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return (
    findDriverAbsence() ??
    (findSelectedInstallation(cacheDir, readTfjsNodePackage(), 'gpu') === null ? NOT_SET_UP : null)
  );
}

/** Loads the library in a process of its own, with the graphics card that this process sees. */
export async function probeCudaTensorflow(
  { cacheDir, card }: Pick<EnginePlace, 'cacheDir' | 'card'>,
  tfjs: TfjsNodePackage = readTfjsNodePackage(),
): Promise<EngineProbe> {
  const installation = findSelectedInstallation(cacheDir, tfjs, 'gpu');
  if (installation === null) return { available: false, reason: NOT_SET_UP };
  const args = ['--no-deprecation', '-e', LIST_DEVICES, '--', tfjs.directory, installation.addonPath];
  const options = { environment: TALKATIVE, timeoutMs: LOAD_TIMEOUT_MS };
  const outcome = await runCommand(process.execPath, args, options);
  const listed = /^\{"version":"([^"]+)","hasCard":(true|false)\}$/m.exec(outcome.stdout);
  if (outcome.code !== 0 || listed === null) {
    const reason = `TensorFlow for graphics cards does not load: ${summariseFailure(outcome)}`;
    return { available: false, reason };
  }
  const [, version = '', hasCard] = listed;
  if (hasCard === 'false') {
    return { available: false, reason: `${explainMissingCard(outcome.stderr)}${remindOfNumber(card)}` };
  }
  return { available: true, version: `${tensorflowVersion(version)} on ${readCardName(outcome.stderr)}` };
}
