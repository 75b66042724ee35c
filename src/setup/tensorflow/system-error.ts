import { isNativeError } from 'node:util/types';

/** Whether the operating system refused something: a full disk, a missing right, a file that is a folder. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return isNativeError(error) && 'syscall' in error;
}
