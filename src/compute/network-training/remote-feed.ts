import { deserializeError, GelqlError } from '../../errors.js';
import type { PictureBatch, PictureFeed } from '../protocol.js';
import type { EpochProgress } from '../../words/run-event.js';
import type { TaskContext } from '../task.js';
import { feederMessage, type FeederMessage, type TrainerMessage } from './feed-messages.js';

/** The feeder's end of a training, as the worker that trains sees it. */
export interface RemoteFeed extends PictureFeed {
  /** Resolves as soon as the epoch before is stored; this one is stored meanwhile. */
  store(progress: EpochProgress, checkpoint: Uint8Array): Promise<void>;
  /** After each step. */
  tellStep(step: { pictures: number; picturesPerSecond: number }): void;
  /** Resolves when everything is stored. */
  finish(): Promise<void>;
  /** How long batches were waited for so far, in milliseconds. */
  waitedMs(): number;
}

/**
 * Where the pictures of a task come from. One draw at a time.
 * @throws GelqlError in every call: what the feeder failed with; CANCELLED
 */
export function openRemoteFeed({ signal, send: sendBody, onMessage }: TaskContext): RemoteFeed {
  const arrived: FeederMessage[] = [];
  let failure: GelqlError | null = null;
  let isStoring = false;
  let waitedMs = 0;
  let wake: () => void = () => undefined;
  const fail = (error: GelqlError) => {
    failure ??= error;
    wake();
  };
  onMessage((message) => {
    const parsed = feederMessage.safeParse(message);
    if (!parsed.success) return fail(new GelqlError('INTERNAL', 'The feeder sent what is no message.'));
    if (parsed.data.kind === 'failed') return fail(deserializeError(parsed.data.error));
    if (parsed.data.kind === 'stored') isStoring = false;
    else arrived.push(parsed.data);
    wake();
  });
  const cancel = () => fail(new GelqlError('CANCELLED', 'Nobody waits for the training any more.'));
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();

  const waitUntil = async (isTrue: () => boolean): Promise<void> => {
    for (;;) {
      if (failure !== null) throw failure;
      if (isTrue()) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  const send = (message: TrainerMessage) => sendBody(message);

  async function* draw(epoch: number | null): AsyncGenerator<PictureBatch> {
    send({ kind: 'draw', epoch });
    for (;;) {
      const startedAt = performance.now();
      await waitUntil(() => arrived.length > 0);
      waitedMs += performance.now() - startedAt;
      const message = arrived.shift();
      if (message?.kind !== 'batch') return;
      send({ kind: 'taken' });
      yield message.batch;
    }
  }

  return {
    drawEpoch: draw,
    drawValidation: () => draw(null),
    async store(progress, checkpoint) {
      await waitUntil(() => !isStoring);
      isStoring = true;
      send({ kind: 'epoch', progress, checkpoint });
    },
    tellStep: (step) => send({ kind: 'step', ...step }),
    finish: () => waitUntil(() => !isStoring),
    waitedMs: () => waitedMs,
  };
}
