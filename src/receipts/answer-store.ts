import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from '../db/client.js';
import { insertClassifications, type ClassificationRow, type NewClassification } from './classifications.js';

/*
 * Stores answers in group commits: those that come turn after turn of the event loop, as the pictures of one batch do, and
 * those that come while a statement is under way, share the next one, and with it one flush to the disk. Each caller waits until its own rows are durable.
 *
 *   store() --> WAITING --no statement is under way--> STORING --stored--> DONE
 *                                                         |
 *                                                         +--the group fails--> each of its callers alone --> DONE | FAILED
 *
 * So a row that cannot be stored fails only its own caller.
 */

export interface AnswerStore {
  /** @returns the stored rows, in the order of the answers: all of them or, when it throws, none */
  store(answers: readonly NewClassification[]): Promise<ClassificationRow[]>;
}

interface Waiter {
  answers: readonly NewClassification[];
  resolve: (rows: ClassificationRow[]) => void;
  reject: (error: unknown) => void;
}

/** Rows in one statement: they go as one value of a few kilobytes for each. */
const MAX_ROWS = 500;

export function createAnswerStore(database: Database): AnswerStore {
  let waiting: Waiter[] = [];
  let isStoring = false;

  async function storeWaiting(): Promise<void> {
    isStoring = true;
    await untilQuiet();
    while (waiting.length > 0) await storeGroup(takeGroup());
    isStoring = false;
  }

  /** The pictures of one batch of the engine are answered one in a turn. */
  async function untilQuiet(): Promise<void> {
    for (let known = 0; known < waiting.length && known < MAX_ROWS;) {
      known = waiting.length;
      // The second turn is whole: the first may end before its answer is there.
      await nextTurn();
      await nextTurn();
    }
  }

  function takeGroup(): Waiter[] {
    let rows = 0;
    const fits = ({ answers }: Waiter) => (rows += answers.length) <= MAX_ROWS;
    const tooMany = waiting.findIndex((waiter) => !fits(waiter));
    const group = tooMany < 0 ? waiting : waiting.slice(0, Math.max(1, tooMany));
    waiting = waiting.slice(group.length);
    return group;
  }

  async function storeGroup(group: Waiter[]): Promise<void> {
    try {
      const rows = await insertClassifications(
        database,
        group.flatMap(({ answers }) => answers),
      );
      for (const { answers, resolve } of group) {
        resolve(rows.splice(0, answers.length));
        // Each answer on its way before the next one takes the main thread.
        await nextTurn();
      }
    } catch (error) {
      const [only, ...others] = group;
      if (others.length === 0) only?.reject(error);
      else for (const waiter of group) await storeGroup([waiter]);
    }
  }

  return {
    store(answers) {
      return new Promise((resolve, reject) => {
        waiting.push({ answers, resolve, reject });
        if (!isStoring) void storeWaiting();
      });
    },
  };
}
