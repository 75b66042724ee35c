import { once } from 'node:events';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { entryOf } from '../../src/compute/worker-entry.js';
import { describeEngine } from '../support/engine-thread.js';
import type { KernelDifferences, PortableBackend } from '../support/gradient-kernels-worker.js';

const isHere = {
  cpu: await describeEngine('tensorflow'),
  webgpu: await describeEngine('webgpu'),
};

describe.each<PortableBackend>(['cpu', 'webgpu'])('the portable gradient kernels on %s', (backend) => {
  isHere[backend]('beside the native ones', () => {
    it('give the same for every stride, padding and grouping that the networks have', async () => {
      const { file, execArgv } = entryOf(resolve('test/support/gradient-kernels-worker.ts'));
      const workerData = { backend };
      const worker = new Worker(file, execArgv === null ? { workerData } : { workerData, execArgv });
      const [differences] = (await once(worker, 'message')) as [KernelDifferences];
      await worker.terminate();
      expect(Object.keys(differences)).toHaveLength(20);
      for (const [name, difference] of Object.entries(differences)) {
        expect({ name, isSmall: difference < 1e-5 }).toEqual({ name, isSmall: true });
      }
    }, 120_000);
  });
});
