import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { GelqlError, serializeError } from '../../errors.js';
import type { NetworkTrainingOptions, PictureBatch, PictureFeed } from '../protocol.js';
import { AHEAD_BATCHES, trainerMessage, type FeederMessage } from './feed-messages.js';

export interface Feeding {
  /** For the thread that trains. */
  port: MessagePort;
  /** Aborted with what went wrong on this side; the other has been told. */
  failed: AbortSignal;
  close(): void;
}

/** Serves the pictures of a training that goes on in another thread, and stores its epochs. */
export function feedTraining(
  feed: PictureFeed,
  { onEpoch }: Pick<NetworkTrainingOptions, 'onEpoch'>,
): Feeding {
  const { port1: own, port2: port } = new MessageChannel();
  const failure = new AbortController();
  const closed = new AbortController();
  let credits = 0;
  let wake: () => void = () => undefined;
  const send = (message: FeederMessage, transfer: ArrayBuffer[] = []) => own.postMessage(message, transfer);
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
      send({ kind: 'batch', batch }, [batch.inputs.buffer as ArrayBuffer]);
    }
    send({ kind: 'end' });
  }

  own.on('message', (received: unknown) => {
    const parsed = trainerMessage.safeParse(received);
    if (!parsed.success) return fail(new GelqlError('INTERNAL', 'The training sent what is no message.'));
    const message = parsed.data;
    switch (message.kind) {
      case 'draw':
        pump(message.epoch === null ? feed.drawValidation() : feed.drawEpoch(message.epoch)).catch(fail);
        break;
      case 'taken':
        credits += 1;
        wake();
        break;
      case 'epoch':
        onEpoch(message.progress, message.checkpoint).then(() => send({ kind: 'stored' }), fail);
    }
  });

  return {
    port,
    failed: failure.signal,
    close() {
      closed.abort();
      wake();
      own.close();
    },
  };
}
