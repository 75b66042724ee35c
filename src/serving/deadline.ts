import { abortError, GelqlError } from '../errors.js';

export interface Deadline {
  /** Aborted with DEADLINE_EXCEEDED or CANCELLED as its reason, whichever comes first. */
  readonly signal: AbortSignal;
  /** Ends the watch: the signal is not aborted any more. */
  clear(): void;
}

/**
 * Watches the two ways in which an answer can become useless.
 * @param options.leftMs time from now on
 * @param options.clientSignal aborted when the client goes away
 */
export function openDeadline(options: {
  timeoutMs: number;
  leftMs: number;
  clientSignal?: AbortSignal | undefined;
}): Deadline {
  const { timeoutMs, leftMs, clientSignal } = options;
  const controller = new AbortController();
  const onTimeout = () =>
    controller.abort(
      new GelqlError('DEADLINE_EXCEEDED', `No answer within ${timeoutMs} ms.`, { facts: { timeoutMs } }),
    );
  const onClientGone = () => controller.abort(new GelqlError('CANCELLED', 'The caller went away.'));
  const timer = setTimeout(onTimeout, Math.max(0, leftMs));
  if (clientSignal?.aborted) onClientGone();
  clientSignal?.addEventListener('abort', onClientGone, { once: true });
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer);
      clientSignal?.removeEventListener('abort', onClientGone);
    },
  };
}

/** What the work gives, or the reason of the signal as soon as it is aborted, although the work goes on. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortError(signal));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
