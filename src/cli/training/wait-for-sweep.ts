import type { App } from '../../app.js';
import { GelqlError } from '../../errors.js';
import { cancelSweep } from '../../sweeps/cancel-sweep.js';
import { followSweep } from '../../sweeps/follow-sweep.js';
import type { SweepView } from './sweep-view.js';
import { whenAborted } from './when-aborted.js';

/**
 * Follows a sweep through the events of its runs, wherever they are executed, until nothing is left.
 * @param signal cancels what is left, and ends the waiting
 */
export async function waitForSweep(
  app: App,
  sweepId: string,
  view: SweepView,
  signal: AbortSignal,
): Promise<void> {
  const reports = await followSweep(app, sweepId);
  const stopListening = whenAborted(signal, async () => {
    await cancelUnlessEnded(app, sweepId);
    await reports.return?.();
  });
  try {
    for await (const report of reports) view.show(report);
  } finally {
    view.stop();
    await stopListening();
  }
}

async function cancelUnlessEnded(app: App, sweepId: string): Promise<void> {
  try {
    await cancelSweep(app, sweepId);
  } catch (error) {
    if (!(error instanceof GelqlError && error.code === 'RUN_NOT_CANCELLABLE')) throw error;
  }
}
