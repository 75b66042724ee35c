import { accessSync, constants, existsSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PINNED_CUDA_WHEELS, readCudaRequirements } from '../../src/setup/tensorflow/wheels/cuda-wheels.js';
import { checkFreeSpace } from '../../src/setup/tensorflow/disk-space.js';
import { findSelectedInstallation, tensorflowRoot } from '../../src/setup/tensorflow/installation.js';
import { selectPlatform } from '../../src/setup/tensorflow/platforms.js';
import { setupTensorflow } from '../../src/setup/tensorflow/setup-tensorflow.js';
import type { TfjsNodePackage } from '../../src/setup/tensorflow/tfjs-node-package.js';
import {
  canBuildGpuMiniature,
  CUDA_WHEEL,
  makeCudaWheel,
  makeGpuWheel,
  makeTemporaryDirectory,
  makeTfjsNodePackage,
  makeWheel,
  MINIATURE_VERSION,
} from '../support/miniature-tensorflow.js';

(canBuildGpuMiniature ? describe : describe.skip)(
  'setting TensorFlow up for graphics cards (needs Linux on x64, python3 with pip, g++)',
  () => {
    let directory: string;
    let wheel: string;
    let cacheDir: string;
    let tfjs: TfjsNodePackage;
    let lines: string[];

    beforeEach(() => {
      directory = makeTemporaryDirectory();
      wheel = makeGpuWheel(directory);
      makeCudaWheel(directory);
      cacheDir = join(directory, 'cache');
      tfjs = makeTfjsNodePackage(join(directory, 'miniature'));
      lines = [];
    });
    afterEach(() => rmSync(directory, { recursive: true, force: true }));

    const setup = (signal?: AbortSignal) =>
      setupTensorflow({
        ...{ cacheDir, wheel, tfjs, signal, variant: 'gpu' },
        onProgress: (line) => lines.push(line),
      });

    it("lays CUDA's libraries where TensorFlow's look for them, and changes nothing when called again", async () => {
      const outcome = await setup();
      expect(outcome).toMatchObject({
        status: 'installed',
        version: MINIATURE_VERSION,
        cudaWheels: [{ fileName: CUDA_WHEEL, isPinned: false }],
      });
      const names = readdirSync(outcome.directory, { recursive: true }).map(String);
      expect(names.filter((name) => name.includes('.')).sort()).toEqual([
        'manifest.json',
        'nvidia/cuda_nvrtc/lib/libnvrtc.so.12',
        'nvidia/mini/lib/libmini.so.1',
        'nvidia/nvrtc/lib/libnvrtc.so.12',
        'nvidia_mini_cu12-1.2.3.dist-info',
        'nvidia_mini_cu12-1.2.3.dist-info/License.txt',
        'tensorflow/libtensorflow_cc.so.2',
        'tensorflow/libtensorflow_framework.so.2',
        'tensorflow/tfjs_binding.node',
      ]);
      expect(readlinkSync(join(outcome.directory, 'nvidia/nvrtc'))).toBe('cuda_nvrtc');
      const assembler = join(outcome.directory, 'nvidia/mini/bin/assembler');
      expect(() => accessSync(assembler, constants.X_OK)).not.toThrow();
      expect(readdirSync(tensorflowRoot(cacheDir))).toHaveLength(1);

      expect((await setup()).status).toBe('already');
      const installation = findSelectedInstallation(cacheDir, tfjs, 'gpu');
      expect(installation?.addonPath).toBe(join(outcome.directory, 'tensorflow/tfjs_binding.node'));
    });

    it('is no installation for the processor, and links nothing', async () => {
      await setup();
      expect(findSelectedInstallation(cacheDir, tfjs)).toBeNull();
      expect(existsSync(tfjs.addonPath)).toBe(false);
    });

    it('goes on with the wheel that it was at when it was told to stop', async () => {
      const controller = new AbortController();
      const stopped = setupTensorflow({
        ...{ cacheDir, wheel, tfjs, variant: 'gpu', signal: controller.signal },
        onProgress: (line) => {
          if (line.startsWith('CUDA library 1 of 1')) controller.abort();
        },
      });
      await expect(stopped).rejects.toMatchObject({
        code: 'CANCELLED',
        message: expect.stringContaining('stay for the next try'),
      });
      expect((await setup()).status).toBe('installed');
      expect(lines).toContain(`tensorflow==${MINIATURE_VERSION} is here from an earlier try`);
      expect(lines.some((line) => line.startsWith('unpacking'))).toBe(false);
    });

    it('names a CUDA wheel that is missing and where to lay it', async () => {
      rmSync(join(directory, CUDA_WHEEL));
      await expect(setup()).rejects.toMatchObject({
        code: 'SETUP_FAILED',
        message: expect.stringMatching(
          `could not fetch nvidia-mini-cu12==1.2.3 .* lay the wheel of nvidia-mini-cu12==1.2.3 into ${directory}`,
        ),
      });
      makeCudaWheel(directory);
      expect((await setup()).status).toBe('installed');
    });

    it('refuses a wheel that is not for graphics cards', async () => {
      rmSync(wheel);
      wheel = makeGpuWheel(directory, { asksForCuda: false });
      await expect(setup()).rejects.toMatchObject({
        code: 'SETUP_FAILED',
        message: expect.stringContaining('names no CUDA libraries'),
      });
      wheel = makeWheel(directory);
      await expect(setup()).rejects.toMatchObject({
        code: 'SETUP_FAILED',
        message: expect.stringContaining('is not a TensorFlow wheel for this platform'),
      });
    });
  },
);

describe('what TensorFlow needs of CUDA', () => {
  it('reads the extra of the wheel, exact versions and ranges', () => {
    const metadata = [
      'Requires-Dist: numpy <2.1.0,>=1.26.0',
      "Requires-Dist: nvidia-cublas-cu12 ==12.5.3.2 ; extra == 'and-cuda'",
      'Requires-Dist: nvidia-cudnn-cu12 (<10.0,>=9.3.0.75) ; extra == "and-cuda"',
      "Requires-Dist: other ; extra == 'tests'",
    ].join('\n');
    expect(readCudaRequirements(metadata)).toEqual([
      'nvidia-cublas-cu12==12.5.3.2',
      'nvidia-cudnn-cu12<10.0,>=9.3.0.75',
    ]);
  });

  it('pins each wheel under the name of its requirement, no two by the same hash', () => {
    const pins = Object.entries(PINNED_CUDA_WHEELS);
    for (const [requirement, { fileName, sha256 }] of pins) {
      const [distribution = '', version = ''] = requirement.split('==');
      expect(fileName.startsWith(`${distribution.replaceAll('-', '_')}-${version}-`)).toBe(true);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(new Set(pins.map(([, { sha256 }]) => sha256)).size).toBe(12);
  });

  it('is offered on Linux on x64 only', () => {
    expect(selectPlatform('linux', 'x64', true, 'gpu').distribution).toBe('tensorflow');
    expect(() => selectPlatform('linux', 'arm64', true, 'gpu')).toThrow(
      /graphics cards is offered on linux-x64, not on linux-arm64; the other engines work here/,
    );
  });
});

describe('free disk space', () => {
  it('is asked for before anything is fetched', async () => {
    const folder = dirname(new URL(import.meta.url).pathname);
    await expect(checkFreeSpace(folder, 1)).resolves.toBeUndefined();
    await expect(checkFreeSpace(folder, 1e18)).rejects.toMatchObject({
      code: 'SETUP_FAILED',
      message: expect.stringMatching(/has \d+\.\d GB left and 1000000000\.0 GB are needed: make room/),
    });
  });
});
