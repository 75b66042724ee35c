import { setTimeout as delay } from 'node:timers/promises';

/**
 * Resolves once the condition holds; asks every few milliseconds.
 * @param withinMs far more than a busy machine needs: it only turns a hang into a failure that names its line
 * @throws Error where it does not hold in time
 */
export async function waitFor(
  holds: () => boolean | Promise<boolean>,
  withinMs: number = 60_000,
): Promise<void> {
  const failure = new Error(`not within ${withinMs} ms: ${holds.toString()}`);
  const endsAt = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > endsAt) throw failure;
    await delay(5);
  }
}
