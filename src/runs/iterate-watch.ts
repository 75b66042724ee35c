import type { RunWatch } from './run-announcements.js';

/**
 * What `read` yields, with the watch closed when it is through. An async generator that waits cannot be ended from
 * outside; this one can: `return` closes the watch, which ends the waiting.
 */
export function iterateWatch<T>(watch: RunWatch, read: () => AsyncGenerator<T>): AsyncIterableIterator<T> {
  const values = read();
  const iterator: AsyncIterableIterator<T> = {
    [Symbol.asyncIterator]: () => iterator,
    async next() {
      try {
        const result = await values.next();
        if (result.done === true) watch.close();
        return result;
      } catch (error) {
        watch.close();
        throw error;
      }
    },
    async return() {
      watch.close();
      return values.return(undefined);
    },
  };
  return iterator;
}
