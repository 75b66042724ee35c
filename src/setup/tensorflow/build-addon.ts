import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { GelqlError } from '../../errors.js';
import type { TensorflowPlatform } from './platforms.js';
import { runCommand, summariseFailure } from './run-command.js';
import type { TfjsNodePackage } from './tfjs-node-package.js';

export interface AddonBuild {
  tfjs: TfjsNodePackage;
  platform: TensorflowPlatform;
  compiler: string;
  /** Folder with TensorFlow's headers. */
  includeDirectory: string;
  /** Folder with TensorFlow's libraries; the addon must lie in the same one when it is loaded. */
  libraryDirectory: string;
  outputPath: string;
  signal?: AbortSignal | undefined;
}

/**
 * Compiles tfjs-node's addon by one direct call of the compiler. node-gyp would fetch Node's headers from the network;
 * the addon needs only those of Node-API, which come as the package node-api-headers.
 * @throws GelqlError SETUP_FAILED with the compiler's complaint
 */
export async function buildAddon(build: AddonBuild): Promise<void> {
  const sources = await readSourceList(build.tfjs.directory);
  const outcome = await runCommand(
    build.compiler,
    [
      ...['-std=c++17', '-O2', '-fPIC', '-w'],
      ...[`-DNAPI_VERSION=${build.tfjs.napiVersion}`, '-DNODE_GYP_MODULE_NAME=tfjs_binding'],
      ...['-DBUILDING_NODE_EXTENSION', '-I', findNodeApiHeaders(), '-I', build.includeDirectory],
      ...sources.map((source) => join(build.tfjs.directory, source)),
      ...build.platform.libraries.map((name) => join(build.libraryDirectory, name)),
      ...build.platform.linkArguments,
      ...['-o', build.outputPath],
    ],
    { signal: build.signal },
  );
  if (outcome.code !== 0) {
    throw new GelqlError('SETUP_FAILED', `the addon could not be compiled: ${summariseFailure(outcome)}`);
  }
}

/** The C++ files that tfjs-node's own build description lists. */
async function readSourceList(packageDirectory: string): Promise<string[]> {
  const description = await readFile(join(packageDirectory, 'binding.gyp'), 'utf8');
  const list = /'sources'\s*:\s*\[([^\]]*)\]/.exec(description)?.[1] ?? '';
  const sources = [...list.matchAll(/'([^']+)'/g)].map((match) => match[1] ?? '');
  if (sources.length === 0) {
    throw new GelqlError('SETUP_FAILED', `${packageDirectory}/binding.gyp lists no sources`);
  }
  return sources;
}

function findNodeApiHeaders(): string {
  return join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include');
}
