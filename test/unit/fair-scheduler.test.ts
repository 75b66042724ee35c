import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { createFairScheduler } from '../../src/compute/batching/fair-scheduler.js';

/** A scheduler on a clock of its own, with flows whose starts take as long as they are told. */
function open(slots = 1) {
  let time = 0;
  const scheduler = createFairScheduler(slots, () => time);
  const running: { name: string; endsAt: number; end: () => void }[] = [];
  const starts: string[] = [];
  const servedMs = new Map<string, number>();

  function addFlow(name: string, weight: number, costMs: number, tasks = Infinity) {
    const flow = { left: tasks };
    scheduler.addFlow({
      weight,
      isReady: () => flow.left > 0,
      start: () => {
        flow.left -= 1;
        starts.push(name);
        return new Promise((resolve) => {
          const end = () => {
            servedMs.set(name, (servedMs.get(name) ?? 0) + costMs);
            resolve(() => undefined);
          };
          running.push({ name, endsAt: time + costMs, end });
        });
      },
    });
    return flow;
  }

  /** Ends what ends first, and lets the scheduler go on. */
  async function step(): Promise<void> {
    running.sort((left, right) => left.endsAt - right.endsAt);
    const first = running.shift();
    if (first === undefined) return;
    time = first.endsAt;
    first.end();
    await nextTurn();
  }

  return { scheduler, addFlow, step, starts, running, servedMs, now: () => time };
}

describe('sharing a device', () => {
  it('alternates between two flows of equal weight and cost', async () => {
    const { addFlow, step, starts } = open();
    addFlow('a', 1, 10);
    addFlow('b', 1, 10);
    for (let count = 0; count < 5; count += 1) await step();
    expect(starts).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
  });

  it('counts time and not starts: one with short work is served more often', async () => {
    const { addFlow, step, servedMs } = open();
    addFlow('long', 1, 100);
    addFlow('short', 1, 10);
    for (let count = 0; count < 220; count += 1) await step();
    const ratio = (servedMs.get('long') ?? 0) / (servedMs.get('short') ?? 1);
    expect(ratio).toBeGreaterThan(0.9);
    expect(ratio).toBeLessThan(1.1);
  });

  it('gives by weight, and the smallest weight does not starve', async () => {
    const { addFlow, step, servedMs } = open();
    addFlow('interactive', 9, 20);
    addFlow('bulk', 1, 160);
    for (let count = 0; count < 800; count += 1) await step();
    const share =
      (servedMs.get('bulk') ?? 0) / ((servedMs.get('interactive') ?? 0) + (servedMs.get('bulk') ?? 0));
    expect(share).toBeGreaterThan(0.09);
    expect(share).toBeLessThan(0.11);
  });

  it('serves one that comes back from idleness next, and it has saved up nothing', async () => {
    const { scheduler, addFlow, step, starts } = open();
    addFlow('flood', 1, 10);
    const guest = addFlow('guest', 1, 10, 0);
    for (let count = 0; count < 50; count += 1) await step();
    guest.left = 10;
    scheduler.wake();
    const before = starts.length;
    for (let count = 0; count < 8; count += 1) await step();
    expect(starts.slice(before)).toEqual([
      'guest',
      'flood',
      'guest',
      'flood',
      'guest',
      'flood',
      'guest',
      'flood',
    ]);
  });

  it('fills every slot and no more', async () => {
    const { addFlow, running, step } = open(3);
    addFlow('a', 1, 10);
    addFlow('b', 1, 25);
    for (let count = 0; count < 20; count += 1) {
      expect(running).toHaveLength(3);
      await step();
    }
  });

  it('tells callers of their work when the slot has its next', async () => {
    const scheduler = createFairScheduler(1);
    const order: string[] = [];
    let left = 2;
    scheduler.addFlow({
      weight: 1,
      isReady: () => left > 0,
      start: async () => {
        left -= 1;
        order.push('start');
        await nextTurn();
        return () => order.push('told');
      },
    });
    while (order.length < 4) await nextTurn();
    expect(order).toEqual(['start', 'start', 'told', 'told']);
  });
});

describe('whatever the weights and costs are', () => {
  it('no flow that stays ready falls behind its share by more than one start of each', async () => {
    const flow = fc.record({
      weight: fc.integer({ min: 1, max: 9 }),
      costMs: fc.integer({ min: 1, max: 50 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(flow, { minLength: 2, maxLength: 4 }), async (flows) => {
        const { addFlow, step, servedMs, now } = open();
        flows.forEach(({ weight, costMs }, place) => addFlow(String(place), weight, costMs));
        for (let count = 0; count < 200; count += 1) await step();
        const totalWeight = flows.reduce((sum, { weight }) => sum + weight, 0);
        const slackMs = flows.reduce((sum, { costMs }) => sum + costMs, 0);
        flows.forEach(({ weight, costMs }, place) => {
          const fairMs = (now() * weight) / totalWeight;
          expect(servedMs.get(String(place)) ?? 0).toBeGreaterThanOrEqual(fairMs - slackMs - costMs);
        });
      }),
      { numRuns: 30 },
    );
  });
});
