import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { createByteBudget, type Reservation } from '../../src/serving/byte-budget.js';
import { rejection } from '../support/caught-error.js';
import { GelqlError } from '../../src/errors.js';

const { signal } = new AbortController();

/** Starts to reserve and notes when it is granted. */
function request(budget: ReturnType<typeof createByteBudget>, sizeBytes: number, ending = signal) {
  const state: { held: Reservation | null } = { held: null };
  const granted = budget.reserve(sizeBytes, ending).then((held) => (state.held = held));
  return { state, granted };
}

describe('the bytes of pictures in memory', () => {
  it('are granted in the order of arrival, as soon as they fit', async () => {
    const budget = createByteBudget(100);
    const [first, large, small] = [60, 70, 10].map((sizeBytes) => request(budget, sizeBytes));
    await nextTurn();
    expect([first, large, small].map((asked) => asked?.state.held !== null)).toEqual([true, false, false]);
    first?.state.held?.release();
    await nextTurn();
    expect([large, small].map((asked) => asked?.state.held !== null)).toEqual([true, true]);
    expect(budget.reservedBytes).toBe(80);
  });

  it('that turn out not to be needed go to the next', async () => {
    const budget = createByteBudget(100);
    const first = request(budget, 90);
    const second = request(budget, 50);
    await nextTurn();
    first.state.held?.shrinkTo(50);
    await nextTurn();
    expect(second.state.held).not.toBeNull();
    first.state.held?.shrinkTo(80);
    expect(budget.reservedBytes).toBe(100);
  });

  it('may be all there are for one that is larger than that', async () => {
    const budget = createByteBudget(100);
    await budget.reserve(1_000, signal);
    expect(budget.reservedBytes).toBe(100);
  });

  it('are given back once only', async () => {
    const budget = createByteBudget(100);
    const held = await budget.reserve(40, signal);
    held.release();
    held.release();
    expect(budget.reservedBytes).toBe(0);
  });

  it('are not waited for any more where the signal says so, and whoever waited behind is next', async () => {
    const budget = createByteBudget(100);
    await budget.reserve(60, signal);
    const controller = new AbortController();
    const gone = request(budget, 90, controller.signal);
    const next = request(budget, 40);
    const refusal = rejection(gone.granted);
    controller.abort(new GelqlError('DEADLINE_EXCEEDED', 'late'));
    expect((await refusal).code).toBe('DEADLINE_EXCEEDED');
    await next.granted;
    expect(budget.reservedBytes).toBe(100);
    expect((await rejection(budget.reserve(1, controller.signal))).code).toBe('DEADLINE_EXCEEDED');
  });

  it('never exceed the budget, and everybody gets a turn', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 150 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(sizes, async (list) => {
        const budget = createByteBudget(100);
        let served = 0;
        await Promise.all(
          list.map(async (sizeBytes) => {
            const held = await budget.reserve(sizeBytes, signal);
            expect(budget.reservedBytes).toBeLessThanOrEqual(100);
            held.shrinkTo(Math.floor(sizeBytes / 2));
            await nextTurn();
            held.release();
            served += 1;
          }),
        );
        expect(served).toBe(list.length);
        expect(budget.reservedBytes).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});
