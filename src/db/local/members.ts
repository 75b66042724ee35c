import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { hasCode } from './error-code.js';

/** One process's share in the running server. */
export interface Member {
  /** Whether a supervisor still reads the pipe. */
  isSupervised(): boolean;
  /** Gives the share back; the supervisor stops the server after the last one. May be called again. */
  leave(): void;
}

/**
 * Opens the pipe that the supervisor reads. The system closes it when this process dies, however that happens.
 * @returns 'unsupervised' where nobody reads it, 'missing' where it is not there: the supervisor hides it to stop
 */
export function joinMembers(members: string): Member | 'unsupervised' | 'missing' {
  try {
    const file = openSync(members, constants.O_WRONLY | constants.O_NONBLOCK);
    const member = memberOf(file);
    // The supervisor counts whoever has written: its second look (see supervisor.ts) must not end without this one.
    if (member.isSupervised()) return member;
    member.leave();
    return 'unsupervised';
  } catch (error) {
    if (hasCode(error, 'ENXIO')) return 'unsupervised';
    if (hasCode(error, 'ENOENT')) return 'missing';
    throw error;
  }
}

/** Both ends of the pipe: `reader` is a supervisor's standard input. */
export function openBothEnds(members: string): { reader: number; member: Member } {
  // Neither end can be opened without the other but this way; a reader that waits would stop this thread.
  const both = openSync(members, constants.O_RDWR);
  try {
    const reader = openSync(members, constants.O_RDONLY);
    const writer = openSync(members, constants.O_WRONLY | constants.O_NONBLOCK);
    return { reader, member: memberOf(writer) };
  } finally {
    closeSync(both);
  }
}

function memberOf(file: number): Member {
  let isOpen = true;
  return {
    isSupervised() {
      try {
        writeSync(file, '\n');
        return true;
      } catch (error) {
        if (hasCode(error, 'EPIPE')) return false;
        // Full: there is a reader, which has not come to it yet.
        if (hasCode(error, 'EAGAIN')) return true;
        throw error;
      }
    },
    leave() {
      if (isOpen) closeSync(file);
      isOpen = false;
    },
  };
}
