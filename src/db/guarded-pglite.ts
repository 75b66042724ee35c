import { AsyncLocalStorage } from 'node:async_hooks';
import { PGlite } from '@electric-sql/pglite';
import { DurableFiles } from './durable-files.js';

/** A simple query message of PostgreSQL's protocol: 'Q', length, text, zero. */
const ROLLBACK = Uint8Array.from([0x51, 0, 0, 0, 13, ...Buffer.from('ROLLBACK'), 0]);

/**
 * PGlite, closed against three traps of its single connection:
 * - several statements in one text that begin a transaction and then fail leave it open, so that every later statement
 *   of anybody fails: here whatever is still open at the end of a turn is rolled back;
 * - a statement outside of the transaction that its own caller holds open waits for ever: here it throws;
 * - after a panic it goes on in a state that nobody vouches for, and may write it: here it is called no more.
 */
export class GuardedPGlite extends PGlite {
  readonly #turn = new AsyncLocalStorage<{ isOver: boolean }>();

  override async _runExclusiveTransaction<T>(work: () => Promise<T>): Promise<T> {
    if (this.#turn.getStore()?.isOver === false) {
      throw new Error(
        'Inside a transaction, use the scope that was given to it: this statement would wait for ever.',
      );
    }
    const turn = { isOver: false };
    return super._runExclusiveTransaction(() =>
      this.#turn.run(turn, async () => {
        try {
          return await work();
        } finally {
          turn.isOver = true;
          await this.#rollBackWhatIsOpen();
        }
      }),
    );
  }

  override execProtocolRawSync(message: Uint8Array): Uint8Array {
    const failure = this.#failure();
    if (failure !== null) throw failure;
    return super.execProtocolRawSync(message);
  }

  override async close(): Promise<void> {
    if (this.#failure() === null) await super.close();
  }

  #failure(): Error | null {
    return this.fs instanceof DurableFiles ? this.fs.failure : null;
  }

  async #rollBackWhatIsOpen(): Promise<void> {
    if (!this.isInTransaction()) return;
    await this._runExclusiveQuery(() => this.execProtocol(ROLLBACK, { throwOnError: false }));
  }
}
