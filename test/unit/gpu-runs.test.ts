import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { watchGpu, watchNetwork } from '../../src/compute/engines/gpu-runs.js';
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
