import { GelqlError } from '../../src/errors.js';

/** The GelqlError that `action` throws; anything else, also nothing, fails the test. */
export function caughtError(action: () => unknown): GelqlError {
  try {
    action();
  } catch (error) {
    if (error instanceof GelqlError) return error;
    throw error;
  }
  throw new Error('No error was thrown.');
}

/** The GelqlError that a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<GelqlError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof GelqlError) return error;
    throw error;
  }
  throw new Error('The promise was not rejected.');
}
