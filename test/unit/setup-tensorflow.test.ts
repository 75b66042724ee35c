import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { readInstallation, tensorflowRoot } from '../../src/setup/tensorflow/installation.js';
import { linkTensorflow } from '../../src/setup/tensorflow/link-tensorflow.js';
import { setupTensorflow, type SetupOutcome } from '../../src/setup/tensorflow/setup-tensorflow.js';
import type { TfjsNodePackage } from '../../src/setup/tensorflow/tfjs-node-package.js';
import {
  canBuildMiniature,
  makeTemporaryDirectory,
  makeTfjsNodePackage,
  makeWheel,
  MINIATURE_VERSION,
  wheelName,
} from '../support/miniature-tensorflow.js';

(canBuildMiniature ? describe : describe.skip)('setting TensorFlow up (needs Linux, python3 and g++)', () => {
  let directory: string;
  let wheel: string;
  let cacheDir: string;
  let tfjs: TfjsNodePackage;
  let lines: string[];

  beforeAll(() => {
    directory = makeTemporaryDirectory();
    wheel = makeWheel(directory);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  function startAfresh(): void {
    cacheDir = join(directory, 'cache');
    rmSync(cacheDir, { recursive: true, force: true });
    rmSync(join(directory, 'miniature'), { recursive: true, force: true });
    tfjs = makeTfjsNodePackage(join(directory, 'miniature'));
    lines = [];
  }

  const setup = (path = wheel) =>
    setupTensorflow({ cacheDir, wheel: path, tfjs, onProgress: (line) => lines.push(line) });

  const listCache = () => (existsSync(tensorflowRoot(cacheDir)) ? readdirSync(tensorflowRoot(cacheDir)) : []);

  describe('once it is installed', () => {
    let outcome: SetupOutcome;

    beforeAll(async () => {
      startAfresh();
      outcome = await setup();
    });
    beforeEach(() => void (lines = []));

    it('tfjs-node loads the addon from the place where it looks', () => {
      expect(outcome).toMatchObject({ status: 'installed', version: MINIATURE_VERSION });
      // In a process of its own: a later test cuts the library off, and a process that has it mapped would be ended by
      // SIGBUS as soon as it loads another one.
      const program = 'console.log(require(process.argv[1]).dot(1, 2, 5, 7))';
      expect(execFileSync(process.execPath, ['-e', program, tfjs.addonPath], { encoding: 'utf8' })).toBe(
        '19\n',
      );
      expect(readlinkSync(tfjs.addonPath)).toBe(join(outcome.directory, 'tfjs_binding.node'));
    });

    it('the cache holds the addon, the libraries and the licence, and nothing else', () => {
      expect(readdirSync(outcome.directory).sort()).toEqual([
        'LICENSE',
        'libtensorflow_cc.so.2',
        'libtensorflow_framework.so.2',
        'manifest.json',
        'tfjs_binding.node',
      ]);
      const files = Object.values(readInstallation(outcome.directory)?.manifest.files ?? {});
      expect(files.reduce((sum, file) => sum + file.sizeBytes, 0)).toBe(outcome.sizeBytes);
      expect(listCache()).toEqual([`9.9.9-tfjs1.2.3-${process.platform}-${process.arch}-napi8`]);
    });

    it('a second call does nothing', async () => {
      const before = readFileSync(join(outcome.directory, 'manifest.json'), 'utf8');
      expect((await setup()).status).toBe('already');
      expect(lines).toEqual([]);
      expect(readFileSync(join(outcome.directory, 'manifest.json'), 'utf8')).toBe(before);
    });

    it('it is linked again when the packages were installed anew', async () => {
      rmSync(join(tfjs.directory, 'lib'), { recursive: true });
      expect((await setup()).status).toBe('relinked');
      rmSync(join(tfjs.directory, 'lib'), { recursive: true });
      const linked = linkTensorflow(cacheDir, tfjs);
      expect(linked).toEqual({ linked: true, version: MINIATURE_VERSION, changed: true });
      expect(existsSync(tfjs.addonPath)).toBe(true);
    });

    it('the version asked for last is the one that is linked', async () => {
      const other = join(directory, wheelName('9.9.8'));
      copyFileSync(wheel, other);
      const { directory: second } = await setup(other);
      expect(readlinkSync(tfjs.addonPath)).toContain(second);
      expect((await setup()).status).toBe('relinked');
      expect(readlinkSync(tfjs.addonPath)).toContain(outcome.directory);
      rmSync(second, { recursive: true });
    });

    it('a library that was cut off since, or a damaged manifest, is built anew', async () => {
      truncateSync(join(outcome.directory, 'libtensorflow_cc.so.2'), 100);
      expect(linkTensorflow(cacheDir, tfjs).linked).toBe(false);
      expect((await setup()).status).toBe('installed');
      writeFileSync(join(outcome.directory, 'manifest.json'), '{"tensorflow":');
      expect((await setup()).status).toBe('installed');
    });
  });

  it('lets a second set-up wait for the first and take over what it built', async () => {
    startAfresh();
    const outcomes = await Promise.all([setup(), setup()]);
    expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['already', 'installed']);
    expect(lines).toContain('another process is installing TensorFlow: waiting for it');
    expect(listCache()).toHaveLength(1);
  });

  it('says that a wheel without a pinned hash was not compared', async () => {
    startAfresh();
    expect((await setup()).wheel.isPinned).toBe(false);
    expect(lines.filter((line) => line.includes('is not pinned by gelql'))).toHaveLength(1);
  });

  describe('refuses and leaves nothing behind', () => {
    beforeEach(startAfresh);
    afterEach(() => {
      expect(listCache()).toEqual([]);
      expect(existsSync(tfjs.addonPath)).toBe(false);
    });

    const expectRefusal = (path: string, message: RegExp) =>
      expect(setup(path)).rejects.toMatchObject({
        code: 'SETUP_FAILED',
        message: expect.stringMatching(message),
      });

    it('a wheel under the name of a pinned one with other bytes', async () => {
      const name =
        process.arch === 'arm64'
          ? wheelName('2.18.1')
          : 'tensorflow_cpu-2.18.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl';
      await expectRefusal(
        makeWheel(directory, { name }),
        /not the published file: SHA-256 is [0-9a-f]{64}, must be/,
      );
    });

    it('a damaged wheel', async () => {
      const damaged = join(directory, wheelName('9.9.7'));
      writeFileSync(damaged, readFileSync(wheel).subarray(0, 2000));
      await expectRefusal(damaged, /could not be unpacked: .*BadZipFile/);
    });

    it('a wheel with a path that leads out of it', async () => {
      const path = makeWheel(directory, {
        name: wheelName('9.9.6'),
        entries: { 'tensorflow/include/../../../escaped': 'x' },
      });
      await expectRefusal(path, /a path that leads out of it/);
      expect(existsSync(join(directory, 'escaped'))).toBe(false);
    });

    it('libraries that compute wrongly', async () => {
      await expectRefusal(
        makeWheel(directory, { name: wheelName('9.9.5'), dotFails: true }),
        /does not work on this machine/,
      );
    });

    it('addon sources that do not compile', async () => {
      writeFileSync(join(tfjs.directory, 'binding', 'miniature.cc'), 'this is not C++');
      await expectRefusal(wheel, /could not be compiled: .*error/);
    });

    it('a file that is no TensorFlow wheel for this platform', async () => {
      await expectRefusal(
        join(directory, 'numpy-2.0.0-cp311-cp311-manylinux2014_x86_64.whl'),
        /not a TensorFlow wheel/,
      );
      await expectRefusal(
        join(directory, 'tensorflow-2.18.1-cp311-cp311-win_amd64.whl'),
        /for this platform/,
      );
    });

    it('a wheel that is not there', async () => {
      await expectRefusal(join(directory, 'absent', wheelName('9.9.9')), /there is no file/);
    });

    it('a version that the wheel does not hold', async () => {
      const options = { cacheDir, wheel, tfjs, onProgress: () => undefined };
      await expect(setupTensorflow({ ...options, version: '2.18.1' })).rejects.toMatchObject({
        code: 'SETUP_FAILED',
        message: '--wheel holds TensorFlow 9.9.9, --version asks for 2.18.1',
      });
      await expect(
        setupTensorflow({ cacheDir, tfjs, onProgress: () => undefined, version: '../../elsewhere' }),
      ).rejects.toMatchObject({ code: 'SETUP_FAILED', message: expect.stringContaining('is not a version') });
    });
  });

  it('ends as CANCELLED when its signal is aborted, and the next call starts clean', async () => {
    startAfresh();
    const controller = new AbortController();
    const stopped = setupTensorflow({
      ...{ cacheDir, wheel, tfjs, signal: controller.signal },
      onProgress: (line) => {
        if (line.startsWith('compiling')) controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(listCache()).toEqual([]);
    expect((await setup()).status).toBe('installed');
  });
});
