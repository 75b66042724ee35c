import { once } from 'node:events';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { entryOf } from '../../src/compute/worker-entry.js';
import { TRAINED_PARTS, OPTIMIZERS } from '../../src/words/training-settings.js';
import { describeEngine } from '../support/engine-thread.js';
import type { ResumedAnswer, ResumedTraining } from '../support/resumed-training-worker.js';

const STEPS = 6;

async function train(workerData: ResumedTraining): Promise<ResumedAnswer> {
  const { file, execArgv } = entryOf(resolve('test/support/resumed-training-worker.ts'));
  const worker = new Worker(file, execArgv === null ? { workerData } : { workerData, execArgv });
  const [answer] = (await once(worker, 'message')) as [ResumedAnswer];
  return answer;
}

const describeHere = await describeEngine('tensorflow');
const cases = TRAINED_PARTS.flatMap((part) => OPTIMIZERS.map((optimizer) => ({ part, optimizer })));

describeHere('training that goes on in another thread', () => {
  it.each(cases)('ends with the bits of an undisturbed one: $part, $optimizer', async (kind) => {
    const whole = await train({ ...kind, firstStep: 0, endStep: STEPS, state: null });
    const { state } = await train({ ...kind, firstStep: 0, endStep: 2, state: null });
    const resumed = await train({ ...kind, firstStep: 2, endStep: STEPS, state });
    expect(state.stepCount).toBe(2);
    expect(resumed.digest).toBe(whole.digest);
    expect(resumed.state).toEqual(whole.state);
    expect([whole.tensorsLeft, resumed.tensorsLeft]).toEqual([0, 0]);
    // Steps taken without the running sums of those before end elsewhere.
    const forgetful = {
      ...state,
      tensors: new Map([...state.tensors].filter(([key]) => !key.startsWith('sum/'))),
    };
    const other = await train({ ...kind, firstStep: 2, endStep: STEPS, state: forgetful });
    expect(other.digest).not.toBe(whole.digest);
  });
});
