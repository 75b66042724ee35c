import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { entryOf } from '../../src/compute/worker-entry.js';
import { readConfig } from '../../src/config.js';
import {
  findSelectedInstallation,
  installationName,
  tensorflowRoot,
  writeManifest,
} from '../../src/setup/tensorflow/installation.js';
import { FOREIGN_BUILD, linkTensorflow } from '../../src/setup/tensorflow/link-tensorflow.js';
import { proveAddon } from '../../src/setup/tensorflow/prove-addon.js';
import { readTfjsNodePackage, type TfjsNodePackage } from '../../src/setup/tensorflow/tfjs-node-package.js';
import { makeTemporaryDirectory, makeTfjsNodePackage } from '../support/miniature-tensorflow.js';

/** Lays a complete installation whose addon is a text: linking looks at names and sizes only. */
async function layInstallation(cacheDir: string, tfjs: TfjsNodePackage, version: string, selectedAt: string) {
  const directory = join(tensorflowRoot(cacheDir), installationName(version, tfjs));
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'tfjs_binding.node'), version);
  await writeManifest(directory, {
    tensorflow: version,
    tfjs: tfjs.version,
    wheel: { fileName: 'tensorflow.whl', sha256: '0', sizeBytes: 1, isPinned: true },
    compiler: 'none',
    files: { 'tfjs_binding.node': { sizeBytes: version.length, sha256: '0' } },
    installedAt: '2024-01-01T00:00:00.000Z',
    selectedAt,
  });
}

describe('linking TensorFlow', () => {
  let directory: string;
  let cacheDir: string;
  let tfjs: TfjsNodePackage;

  beforeEach(() => {
    directory = makeTemporaryDirectory();
    cacheDir = join(directory, 'cache');
    tfjs = makeTfjsNodePackage(join(directory, 'miniature'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('says what to run where nothing is installed', () => {
    expect(linkTensorflow(cacheDir, tfjs)).toEqual({
      linked: false,
      reason: 'not installed: run `gelql setup tensorflow`',
    });
  });

  it('links the version selected last, and changes nothing when called again', async () => {
    await layInstallation(cacheDir, tfjs, '1.0.0', '2024-01-03T00:00:00.000Z');
    await layInstallation(cacheDir, tfjs, '2.0.0', '2024-01-02T00:00:00.000Z');
    expect(linkTensorflow(cacheDir, tfjs)).toEqual({ linked: true, version: '1.0.0', changed: true });
    expect(linkTensorflow(cacheDir, tfjs)).toEqual({ linked: true, version: '1.0.0', changed: false });
    expect(readFileSync(tfjs.addonPath, 'utf8')).toBe('1.0.0');
  });

  it('passes over an installation for another tfjs-node', async () => {
    await layInstallation(cacheDir, { ...tfjs, version: '0.0.1' }, '1.0.0', '2024-01-03T00:00:00.000Z');
    expect(linkTensorflow(cacheDir, tfjs).linked).toBe(false);
  });

  it('replaces a link that leads nowhere', async () => {
    await layInstallation(cacheDir, tfjs, '1.0.0', '2024-01-03T00:00:00.000Z');
    mkdirSync(dirname(tfjs.addonPath), { recursive: true });
    symlinkSync(join(directory, 'gone'), tfjs.addonPath);
    expect(linkTensorflow(cacheDir, tfjs)).toMatchObject({ linked: true, changed: true });
    expect(readFileSync(tfjs.addonPath, 'utf8')).toBe('1.0.0');
  });

  it('leaves an addon alone that was built there by hand', async () => {
    await layInstallation(cacheDir, tfjs, '1.0.0', '2024-01-03T00:00:00.000Z');
    mkdirSync(dirname(tfjs.addonPath), { recursive: true });
    writeFileSync(tfjs.addonPath, 'by hand');
    expect(linkTensorflow(cacheDir, tfjs)).toEqual({ linked: true, version: FOREIGN_BUILD, changed: false });
    expect(readFileSync(tfjs.addonPath, 'utf8')).toBe('by hand');
  });

  it('gives the reason where the package folder cannot take the link', async () => {
    await layInstallation(cacheDir, tfjs, '1.0.0', '2024-01-03T00:00:00.000Z');
    writeFileSync(join(tfjs.directory, 'lib'), 'a file where the folder should be');
    expect(linkTensorflow(cacheDir, tfjs)).toMatchObject({
      linked: false,
      reason: expect.stringContaining('cannot be put in its place'),
    });
  });

  it('is safe in many threads at once', async () => {
    await layInstallation(cacheDir, tfjs, '1.0.0', '2024-01-03T00:00:00.000Z');
    const { file, execArgv } = entryOf(resolve('test/support/link-worker.ts'));
    const options = { workerData: { cacheDir, tfjs }, ...(execArgv === null ? {} : { execArgv }) };
    const workers = Array.from({ length: 3 }, () => new Worker(file, options));
    const answers = await Promise.all(workers.map((worker) => once(worker, 'message')));
    expect(answers.flat()).toEqual([true, true, true]);
    expect(readdirSync(dirname(tfjs.addonPath))).toEqual(['tfjs_binding.node']);
    await Promise.all(workers.map((worker) => worker.terminate()));
  });
});

const installed = findSelectedInstallation(readConfig().cacheDir, readTfjsNodePackage());
(installed === null ? describe.skip : describe)(
  'the installed TensorFlow (needs `gelql setup tensorflow`)',
  () => {
    it('multiplies matrices through tfjs-node in a process of its own', async () => {
      const version = await proveAddon(readTfjsNodePackage(), installed?.addonPath ?? '');
      expect(version).toBe(installed?.manifest.tensorflow);
    });
  },
);
