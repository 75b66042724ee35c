import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { nameFailures, watchGpu, watchNetwork } from '../../src/compute/engines/gpu-runs.js';
import { GelqlError } from '../../src/errors.js';
import type { Network } from '../../src/compute/engines/network.js';

const answer = { features: Float32Array.of(1) };

/** A device that reports what it is told to, in the order of the scopes: memory first, then mistakes. */
function fakeDevice(reports: ({ message: string } | null)[]) {
  let lose: (info: { reason: string; message: string }) => void = () => undefined;
  const lost = new Promise((resolve) => (lose = resolve));
  const scopes: string[] = [];
  const device = {
    lost,
    pushErrorScope: (filter: string) => scopes.push(filter),
    popErrorScope: async () => (scopes.pop(), reports.shift() ?? null),
  } as unknown as GPUDevice;
  return { device, lose, scopes };
}

function network(run: () => Promise<unknown>): Network {
  return { order: 'NHWC', run, release: async () => undefined } as Network;
}

const run = (watched: Network) => watched.run(new Float32Array(1), 3, ['features']);

describe('runs on a graphics card', () => {
  it('pass their answer on, and leave no scope open', async () => {
    const { device, scopes } = fakeDevice([]);
    await expect(
      run(
        watchNetwork(
          network(async () => answer),
          watchGpu(device),
        ),
      ),
    ).resolves.toBe(answer);
    expect(scopes).toEqual([]);
  });

  it('pass other failures on', async () => {
    const { device } = fakeDevice([]);
    const failing = network(() => Promise.reject(new RangeError('no such node')));
    await expect(run(watchNetwork(failing, watchGpu(device)))).rejects.toThrow(
      new RangeError('no such node'),
    );
  });

  it.each([
    ['the card reports it', [{ message: 'Vulkan ran out' }, null]],
    [
      'a buffer is above its limit',
      [null, { message: 'Buffer size (9) exceeds the max buffer size limit (4).' }],
    ],
  ])('say that they do not fit where %s', async (_case, reports) => {
    const { device } = fakeDevice(reports);
    await expect(
      run(
        watchNetwork(
          network(async () => answer),
          watchGpu(device),
        ),
      ),
    ).rejects.toMatchObject({
      code: 'DEVICE_OUT_OF_MEMORY',
      facts: { pictures: 3 },
    });
  });

  it('do not answer with what a refused program left behind', async () => {
    const { device } = fakeDevice([null, { message: 'Binding 2 is missing' }]);
    await expect(
      run(
        watchNetwork(
          network(async () => answer),
          watchGpu(device),
        ),
      ),
    ).rejects.toThrow(/refuses the program: Binding 2/);
  });

  it('end with DEVICE_LOST when the card goes away, even if the run itself would wait for ever', async () => {
    const { device, lose } = fakeDevice([]);
    const watched = watchNetwork(
      network(() => new Promise(() => undefined)),
      watchGpu(device),
    );
    const running = run(watched);
    lose({ reason: 'unknown', message: 'the driver was reset' });
    await expect(running).rejects.toMatchObject({
      code: 'DEVICE_LOST',
      message: expect.stringMatching(/driver was reset/),
    });
    await expect(run(watched)).rejects.toMatchObject({ code: 'DEVICE_LOST' });
  });

  it('end with DEVICE_LOST when the card goes away while its errors are asked for', async () => {
    const { device, lose } = fakeDevice([]);
    device.popErrorScope = () => new Promise(() => undefined);
    const running = run(
      watchNetwork(
        network(async () => answer),
        watchGpu(device),
      ),
    );
    lose({ reason: 'unknown', message: 'the driver was reset' });
    await expect(running).rejects.toMatchObject({ code: 'DEVICE_LOST' });
  });

  it('leave their answers to the caller alone, as long as the card may live', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const watch = watchGpu(fakeDevice([]).device);
    const answers: WeakRef<object>[] = [];
    for (let count = 0; count < 20; count++) {
      answers.push(new WeakRef(await watch(1, async () => ({ features: new Float32Array(1000) }))));
    }
    await new Promise(setImmediate);
    collectGarbage();
    // The last one may still lie in a register of this function.
    expect(answers.filter((held) => held.deref() !== undefined).length).toBeLessThan(3);
  });
});

const ONNXRUNTIME = 'Non-zero status code returned while running Conv node. Status Message: ';
const CUDA_CALL = 'onnxruntime::CudaCall(ERRTYPE, const char*, const char*, int) ';

/** What the libraries say, word for word: TensorFlow 2.18, ONNX Runtime 1.30, and the driver through them. */
describe('failures that differ by their text only', () => {
  it.each([
    'Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[256,64,112,112] and type float on /job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc',
    'CUDNN failed to allocate the scratch space for the runner or to find a working no-scratch runner.',
    'No algorithm worked!  Error messages:\n  Profiling failure on CUDNN engine eng11{}: UNKNOWN: CUDNN_STATUS_ALLOC_FAILED',
    'CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED',
    'failed to allocate 2.00GiB (2147483648 bytes) from device: CUDA_ERROR_OUT_OF_MEMORY: out of memory',
    `${ONNXRUNTIME}onnxruntime::BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 2830172160`,
    `${ONNXRUNTIME}Available memory of 104857600 is smaller than requested bytes of 822083584`,
    `${CUDA_CALL}CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0 ; expr=cublasCreate(&cublas_handle_);`,
    `${CUDA_CALL}CUDA failure 2: out of memory ; GPU=0 ; expr=cudaMalloc((void**)&p, size);`,
    'WebGPU validation failed. Buffer size (1610612736) exceeds the max buffer size limit (1073741824).',
    'WebGPU validation failed. [Invalid Buffer (unlabeled)] is invalid due to a previous error.\n - While encoding [CommandEncoder (unlabeled)].CopyBufferToBuffer',
    'Binding size (268435456) of [Buffer (unlabeled)] is larger than the maximum storage buffer binding size (134217728).',
  ])('that a batch does not fit: %s', async (message) => {
    const failing = nameFailures(3, () => Promise.reject(new Error(message)));
    await expect(failing).rejects.toMatchObject({ code: 'DEVICE_OUT_OF_MEMORY', facts: { pictures: 3 } });
  });

  it.each([
    'Failed to download data from buffer. wgpu::MapAsyncStatus value: 4, message: [Device] is lost.',
    'WebGPU device lost (2): Device was destroyed.',
    'vkQueueSubmit failed with VK_ERROR_DEVICE_LOST',
    `${CUDA_CALL}CUDA failure 700: an illegal memory access was encountered ; GPU=0 ; expr=cudaStreamSynchronize(stream);`,
    `${CUDA_CALL}CUDA failure 719: unspecified launch failure ; GPU=0 ;`,
    `${CUDA_CALL}CUDNN failure 5000: CUDNN_STATUS_EXECUTION_FAILED ; GPU=0 ;`,
    'Invalid TF_Status: 13\nMessage: GPU sync failed',
    'Could not synchronize CUDA stream: CUDA_ERROR_ECC_UNCORRECTABLE: uncorrectable ECC error encountered',
  ])('that the card is gone: %s', async (message) => {
    const failing = nameFailures(3, () => Promise.reject(new Error(message)));
    await expect(failing).rejects.toMatchObject({ code: 'DEVICE_LOST' });
  });

  it('and leaves others as they are, those of gelql among them', async () => {
    const cancelled = new GelqlError('CANCELLED', 'cancelled while the device was lost');
    for (const failure of [new RangeError('3 pictures have 4 pixels'), cancelled]) {
      await expect(nameFailures(3, () => Promise.reject(failure))).rejects.toBe(failure);
    }
  });
});
