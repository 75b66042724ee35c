import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { EngineDescription } from './engine.js';

/** node-pre-gyp puts the addon under the highest Node-API version that tfjs-node 4.22 was written for. */
const ADDON_PATH = 'lib/napi-v8/tfjs_binding.node';
const LOAD_TIMEOUT_MS = 60_000;
const PRINT_VERSION = 'process.stdout.write(require(process.argv[1]).TF_Version)';

/**
 * Loads the addon in a process of its own: a library that does not fit this machine may end the process that opens it,
 * and opening it here would cost a server that serves with another engine some 200 MB.
 */
export async function probeTensorflow(): Promise<Awaited<ReturnType<EngineDescription['probe']>>> {
  try {
    const addon = addonFile();
    if (!existsSync(addon)) {
      return { available: false, reason: 'Native TensorFlow is not set up: run `gelql setup tensorflow`.' };
    }
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', PRINT_VERSION, addon], {
      timeout: LOAD_TIMEOUT_MS,
    });
    return { available: true, version: tensorflowVersion(stdout) };
  } catch (error) {
    return { available: false, reason: `Native TensorFlow does not load: ${reasonOf(error)}` };
  }
}

/** @param library version of the TensorFlow library itself */
export function tensorflowVersion(library: string): string {
  return `tensorflow ${library} (tfjs-node ${packageVersion()})`;
}

function addonFile(): string {
  return join(dirname(packageFile()), ADDON_PATH);
}

function packageFile(): string {
  return createRequire(import.meta.url).resolve('@tensorflow/tfjs-node/package.json');
}

function packageVersion(): string {
  const description: unknown = createRequire(import.meta.url)(packageFile());
  const hasVersion = typeof description === 'object' && description !== null && 'version' in description;
  return hasVersion ? String(description.version) : 'of unknown version';
}

/** The line of the child's output that says what is wrong, for example a library that is missing. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
  const line = text.split('\n').find((candidate) => /^\w*Error: /.test(candidate));
  return line ?? (error instanceof Error ? error.message : String(error));
}
