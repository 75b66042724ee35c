import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findDriverAbsence } from '../../src/compute/engines/nvidia-driver.js';
import { explainMissingCard, readCardName } from '../../src/compute/engines/tensorflow-gpu-log.js';
import {
  findCudaTensorflowAbsence,
  probeCudaTensorflow,
} from '../../src/compute/engines/tensorflow-gpu-probe.js';
import { setupTensorflow } from '../../src/setup/tensorflow/setup-tensorflow.js';
import type { TfjsNodePackage } from '../../src/setup/tensorflow/tfjs-node-package.js';
import {
  canBuildGpuMiniature,
  makeCudaWheel,
  makeGpuWheel,
  makeTemporaryDirectory,
  makeTfjsNodePackage,
  makeWheel,
  MINIATURE_VERSION,
} from '../support/miniature-tensorflow.js';

/** As TensorFlow 2.18.1 wrote them, with a driver that was made up. */
const LOG = {
  noDriver: `
2026-11-27 08:54:26.153138: E external/local_xla/xla/stream_executor/cuda/cuda_driver.cc:152] failed call to cuInit: INTERNAL: CUDA error: Failed call to cuInit: UNKNOWN ERROR (303)`,
  noCard: `
2026-11-27 08:54:27.845170: I external/local_tsl/tsl/platform/default/dso_loader.cc:73] Successfully opened dynamic library libcuda.so.1
2026-11-27 08:54:27.845196: E external/local_xla/xla/stream_executor/cuda/cuda_driver.cc:152] failed call to cuInit: INTERNAL: CUDA error: Failed call to cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected
`,
  noCudnn: `
pciBusID: 0000:01:00.0 name: NVIDIA H100 80GB HBM3 computeCapability: 9.0
2026-11-27 08:54:43.206681: I external/local_tsl/tsl/platform/default/dso_loader.cc:73] Successfully opened dynamic library libcusparse.so.12
2026-11-27 08:54:43.207092: I external/local_tsl/tsl/platform/default/dso_loader.cc:84] Could not load dynamic library 'libcudnn.so.9'; dlerror: libcudnn.so.9: cannot open shared object file: No such file or directory; LD_LIBRARY_PATH: stub
W0000 00:00:1795769683.207119   13555 gpu_device.cc:2344] Cannot dlopen some GPU libraries. Please make sure the missing libraries mentioned above are installed properly if you would like to use GPU.
`,
  tooOld:
    'gpu_device.cc:2433] Ignoring visible gpu device (device: 0, name: Tesla K40, pci bus id: 0000:01:00.0, compute capability: 3.5) with Cuda compute capability 3.5. The minimum required Cuda capability is 6.0.\n',
};

describe('why there is no graphics card for TensorFlow', () => {
  it.each([
    ['the driver is missing', LOG.noDriver, /^No NVIDIA driver: libcuda\.so\.1 cannot be opened\./],
    ['the driver sees no card', LOG.noCard, /finds no usable card: CUDA_ERROR_NO_DEVICE: no CUDA-capable/],
    [
      'a CUDA library is missing',
      LOG.noCudnn,
      /^CUDA's libcudnn\.so\.9 cannot be opened \(libcudnn.*--gpu`\.$/,
    ],
    [
      'the card is too old',
      LOG.tooOld,
      /does not take the Tesla K40 with Cuda compute capability 3\.5\. The min/,
    ],
    ['it does not say', 'something else', /^TensorFlow lists no graphics card\.$/],
  ])('is told where %s', (_, log, reason) => {
    expect(explainMissingCard(log)).toMatch(reason);
  });

  it('has the name of a card that is found', () => {
    expect(readCardName(LOG.noCudnn)).toBe('NVIDIA H100 80GB HBM3');
  });

  it('is told without loading anything where no driver is loaded', () => {
    expect(findDriverAbsence(['null', 'dri', 'tty'])).toMatch(/^No NVIDIA driver is loaded/);
    for (const name of ['nvidiactl', 'nvidia0', 'dxg']) expect(findDriverAbsence(['null', name])).toBeNull();
  });
});

(canBuildGpuMiniature ? describe : describe.skip)(
  'probing TensorFlow for graphics cards (needs Linux on x64, python3 with pip, g++)',
  () => {
    let directory: string;
    let cacheDir: string;
    let tfjs: TfjsNodePackage;

    beforeAll(async () => {
      directory = makeTemporaryDirectory();
      cacheDir = join(directory, 'cache');
      tfjs = makeTfjsNodePackage(join(directory, 'miniature'));
      const [gpuWheel, cpuWheel] = [makeGpuWheel(directory), makeWheel(directory)];
      makeCudaWheel(directory);
      const options = { cacheDir, tfjs, onProgress: () => undefined };
      await setupTensorflow({ ...options, wheel: gpuWheel, variant: 'gpu' });
      await setupTensorflow({ ...options, wheel: cpuWheel });
    });
    afterAll(() => rmSync(directory, { recursive: true, force: true }));

    /** What the miniature will say. */
    const pretend = (devices: { hasCard: boolean; log: string }) =>
      writeFileSync(join(tfjs.directory, 'device-list.json'), JSON.stringify(devices));

    it('asks the device list, and names version and card', async () => {
      pretend({ hasCard: true, log: LOG.noCudnn });
      expect(await probeCudaTensorflow({ cacheDir, card: null }, tfjs)).toEqual({
        available: true,
        version: expect.stringMatching(`^tensorflow ${MINIATURE_VERSION} .* on NVIDIA H100 80GB HBM3$`),
      });
    });

    it('is absent where the device list has no card, whatever the import said', async () => {
      pretend({ hasCard: false, log: LOG.noDriver });
      expect(await probeCudaTensorflow({ cacheDir, card: null }, tfjs)).toEqual({
        available: false,
        reason: expect.stringMatching(/^No NVIDIA driver/),
      });
    });

    it('says which number was asked for where the driver finds no card', async () => {
      pretend({ hasCard: false, log: LOG.noCard });
      expect(await probeCudaTensorflow({ cacheDir, card: 7 }, tfjs)).toEqual({
        available: false,
        reason: expect.stringMatching(/finds no usable card.* Card 7 was asked for: `nvidia-smi -L`/),
      });
    });

    it('is absent where it is not set up', async () => {
      const elsewhere = { cacheDir: join(directory, 'elsewhere'), card: null };
      const reason = 'TensorFlow for graphics cards is not set up: run `gelql setup tensorflow --gpu`.';
      expect(await probeCudaTensorflow(elsewhere, tfjs)).toEqual({ available: false, reason });
      expect(findCudaTensorflowAbsence(elsewhere)).toMatch(/is not set up|No NVIDIA driver/);
    });

    it('does not share a process with the build for processors', () => {
      const addonOf = (variant: 'cpu' | 'gpu') =>
        `findSelectedInstallation(cacheDir, tfjs, '${variant}').addonPath`;
      const urlOf = (path: string) => pathToFileURL(resolve(path)).href;
      const program = `
        import { createRequire } from 'node:module';
        import { refuseSecondTensorflow } from '${urlOf('src/compute/engines/one-tensorflow.ts')}';
        import { findSelectedInstallation } from '${urlOf('src/setup/tensorflow/installation.ts')}';
        const { cacheDir, tfjs } = JSON.parse(process.argv[1]);
        const [cpu, gpu] = [${addonOf('cpu')}, ${addonOf('gpu')}];
        refuseSecondTensorflow(gpu);
        createRequire('/')(cpu);
        refuseSecondTensorflow(cpu);
        try {
          refuseSecondTensorflow(gpu);
        } catch (error) {
          console.log(error.code, error.message);
        }`;
      const args = [
        '--import',
        'tsx',
        '--input-type=module',
        '-e',
        program,
        JSON.stringify({ cacheDir, tfjs }),
      ];
      const said = execFileSync(process.execPath, args, { encoding: 'utf8' });
      expect(said).toMatch(/^ENGINE_UNAVAILABLE This process holds another build of TensorFlow already/);
    });
  },
);
