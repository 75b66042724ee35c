import { GelqlError, serializeError } from '../../errors.js';
import type { NetworkTrainingOptions, PictureBatch, PictureFeed } from '../protocol.js';
import { AHEAD_BATCHES, trainerMessage, type FeederMessage, type TrainerMessage } from './feed-messages.js';

export interface Feeding {
  /** What the training says. */
  receive: (message: unknown) => void;
  /** Aborted with what went wrong on this side; the other has been told. */
  failed: AbortSignal;
  close(): void;
}

/**
 * Serves the pictures of a training that goes on in another thread or process, and stores its epochs.
 * @param send to the training; the arrays of a message are handed over
 */
export function feedTraining(
  feed: PictureFeed,
  { onEpoch, onStep }: Pick<NetworkTrainingOptions, 'onEpoch' | 'onStep'>,
  send: (message: FeederMessage) => void,
): Feeding {
  const failure = new AbortController();
  const closed = new AbortController();
  let credits = 0;
  let wake: () => void = () => undefined;
  const fail = (error: unknown) => {
    if (failure.signal.aborted || closed.signal.aborted) return;
    failure.abort(error);
    send({ kind: 'failed', error: serializeError(error) });
  };

  async function pump(batches: AsyncIterable<PictureBatch>): Promise<void> {
    credits = AHEAD_BATCHES;
    for await (const batch of batches) {
      while (credits === 0 && !closed.signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
      if (closed.signal.aborted) return;
      credits -= 1;
      send({ kind: 'batch', batch });
    }
    send({ kind: 'end' });
  }

  function handle(message: TrainerMessage): void {
    switch (message.kind) {
      case 'draw':
        pump(message.epoch === null ? feed.drawValidation() : feed.drawEpoch(message.epoch)).catch(fail);
        break;
      case 'taken':
        credits += 1;
        wake();
        break;
      case 'step':
        onStep({ pictures: message.pictures, picturesPerSecond: message.picturesPerSecond });
        break;
      case 'epoch':
        onEpoch(message.progress, message.checkpoint).then(() => send({ kind: 'stored' }), fail);
    }
  }

  return {
    receive(received) {
      const parsed = trainerMessage.safeParse(received);
      if (parsed.success) handle(parsed.data);
      else fail(new GelqlError('INTERNAL', 'The training sent what is no message.'));
    },
    failed: failure.signal,
    close() {
      closed.abort();
      wake();
    },
  };
}
