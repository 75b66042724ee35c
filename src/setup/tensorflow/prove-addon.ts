import { GelqlError } from '../../errors.js';
import { runCommand, summariseFailure } from './run-command.js';
import type { TfjsNodePackage } from './tfjs-node-package.js';

/**
 * The beginning of a script that runs in a process of its own, with the package's folder and the addon as arguments: a
 * broken library can end it by a signal. tfjs-node is made to load the addon from where it lies, so that nothing needs to
 * be linked before it is known to work. The first lines give back two functions that newer versions of Node no longer have
 * and tfjs-node still calls.
 */
export const LOAD_TFJS_NODE = `
const util = require('node:util');
util.isNullOrUndefined ??= (value) => value == null;
util.isArray ??= Array.isArray;
const [packageDirectory, addonPath] = process.argv.slice(1);
const requireFromPackage = require('node:module').createRequire(packageDirectory + '/package.json');
requireFromPackage('@mapbox/node-pre-gyp/lib/pre-binding.js').find = () => addonPath;
const tf = requireFromPackage(packageDirectory);
`;

const PROOF = `${LOAD_TFJS_NODE}
const product = tf.matMul([[1, 2], [3, 4]], [[5, 6], [7, 8]]).dataSync();
console.log(JSON.stringify({
  product: [...product], backend: tf.getBackend(), version: require(addonPath).TF_Version,
}));
`;

/** Without the second it would ask a graphics card for nearly all of its memory, which others may be using. */
const ENVIRONMENT = { TF_CPP_MIN_LOG_LEVEL: '2', TF_FORCE_GPU_ALLOW_GROWTH: 'true' };

/**
 * Loads an addon in a child process and multiplies two matrices with it.
 * @param nodePath the Node to prove it under
 * @returns the version that the library itself states
 * @throws GelqlError SETUP_FAILED where it does not load, or answers anything but the right product
 */
export async function proveAddon(
  tfjs: TfjsNodePackage,
  addonPath: string,
  options: { nodePath?: string; signal?: AbortSignal | undefined } = {},
): Promise<string> {
  const outcome = await runCommand(
    options.nodePath ?? process.execPath,
    ['--no-deprecation', '-e', PROOF, '--', tfjs.directory, addonPath],
    { environment: ENVIRONMENT, signal: options.signal },
  );
  const version = /^\{"product":\[19,22,43,50\],"backend":"tensorflow","version":"([^"]+)"\}$/m.exec(
    outcome.stdout,
  )?.[1];
  if (outcome.code !== 0 || version === undefined) {
    throw new GelqlError(
      'SETUP_FAILED',
      `the addon was built but does not work on this machine: ${summariseFailure(outcome)}`,
    );
  }
  return version;
}
