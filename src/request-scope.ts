import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<string>();

/** Runs what answers one request; whatever it awaits knows the id. */
export function withRequestId<T>(requestId: string, work: () => T): T {
  return current.run(requestId, work);
}

/** Id of the request that is being answered; for those who are called without it. */
export function currentRequestId(): string | undefined {
  return current.getStore();
}
