import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PACKAGE_DIR } from '../config.js';

/** Below src/ or dist/: what a head and its result follow from. */
const SOURCES = [
  'at',
  'compute',
  'evaluation',
  'features',
  'images',
  'networks',
  'random',
  'runs',
  'training',
  'words',
];
/** Packages that compute, or decode pictures. */
const PACKAGES = [
  '@tensorflow/tfjs-backend-wasm',
  '@tensorflow/tfjs-backend-webgpu',
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-layers',
  '@tensorflow/tfjs-node',
  'onnxruntime-node',
  'sharp',
  'webgpu',
];

let version: Promise<string> | null = null;

/**
 * SHA-256, hex, over the running program's sources that results follow from and the versions of the packages that compute
 * them. Read at the first call: a running program does not change. Sources and their compiled form count as two versions.
 */
export function codeVersion(): Promise<string> {
  return (version ??= digestCode(resolve(dirname(fileURLToPath(import.meta.url)), '..')));
}

async function digestCode(root: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of await listSources(root)) {
    hash.update(`${name.replaceAll(sep, '/')}\n`).update(await readFile(join(root, name)));
  }
  for (const name of PACKAGES) hash.update(`\n${name} ${await packageVersion(name)}`);
  return hash.digest('hex');
}

async function listSources(root: string): Promise<string[]> {
  const names = await readdir(root, { recursive: true });
  return names
    .filter((name) => /\.[jt]s$/.test(name) && !name.endsWith('.d.ts'))
    .filter((name) => SOURCES.includes(name.split(sep)[0]?.replace(/\.[jt]s$/, '') ?? ''))
    .sort();
}

async function packageVersion(name: string): Promise<string> {
  const text = await readFile(join(PACKAGE_DIR, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
