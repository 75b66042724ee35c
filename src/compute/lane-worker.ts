import { GelqlError, serializeError } from '../errors.js';
import type { OpenChannel } from './channel.js';
import { workerMessage, type Answer, type LaneMessage } from './messages.js';
import { watchUsage, type Limits, type Overrun, type UsageWatch } from './usage-watch.js';

/*
 * One worker of a lane, as the lane sees it:
 *
 *   STARTING --ready--> IDLE <--call / answer--> BUSY
 *       |                 |                       |   the channel ends, a limit is passed, or what comes is no message
 *       +-----------------+-----------------------+--> ENDED, with the call that it had
 *
 * A call may be made while it still starts.
 */

export interface CallOptions {
  /** The arrays of the input are taken from the caller, where they fill their memory, instead of copied. */
  isHandedOver?: boolean | undefined;
  /**
   * Called with everything that the task sends, in order and before it settles. Where it throws, the task is cancelled and
   * fails with this error.
   */
  onMessage?: ((body: unknown) => void) | undefined;
  /** Called when the task has a worker, with what sends to it; arrays are handed over. What comes too late is dropped. */
  onStart?: ((send: (body: unknown) => void) => void) | undefined;
}

export interface WorkerTerms {
  /** Name of the lane, for messages. */
  name: string;
  open: OpenChannel;
  /** Limits of one task; the lane ends a worker that exceeds one. */
  limits?: Limits | undefined;
  /** The error of that task. */
  explainOverrun?: ((overrun: Overrun) => GelqlError) | undefined;
}

export interface LaneWorker {
  /** @throws GelqlError WORKER_CRASHED, SETUP_FAILED, INTERNAL where the input cannot be sent; of `explainOverrun` */
  call(task: string, input: unknown, options: CallOptions): Promise<Answer>;
  /** Asks the task to stop. */
  cancel(): void;
  end(): Promise<void>;
}

interface Call {
  task: string;
  options: CallOptions;
  watch: UsageWatch | null;
  /** What the caller's own `onMessage` threw. */
  failure: Answer | null;
  resolve(answer: Answer): void;
  reject(error: GelqlError): void;
}

export function startWorker(terms: WorkerTerms, onEnd: () => void): LaneWorker {
  const { name, open, limits, explainOverrun } = terms;
  let isReady = false;
  /** Why it was ended from this side. */
  let reason: string | null = null;
  let overrun: Overrun | null = null;
  let current: Call | null = null;
  const channel = open({ onMessage: receive, onEnd: finish });

  function receive(received: unknown): void {
    const { data: message } = workerMessage.safeParse(received);
    if (message === undefined) return discard('it sent what is no message');
    switch (message.kind) {
      case 'ready':
        isReady = true;
        return current?.watch?.restart();
      case 'unusable':
        return discard(message.reason);
      case 'message':
        return current === null ? undefined : deliver(current, message.body);
      case 'answer':
        return settle((call) => call.resolve(call.failure ?? message.answer));
    }
  }

  function discard(why: string): void {
    reason ??= why;
    void channel.end();
  }

  function deliver(call: Call, body: unknown): void {
    try {
      if (call.failure === null) call.options.onMessage?.(body);
    } catch (error) {
      const stack = error instanceof Error ? error.stack : undefined;
      call.failure = { ok: false, error: serializeError(error), stack };
      channel.send({ kind: 'cancel' });
    }
  }

  function finish(how: string): void {
    onEnd();
    settle((call) => call.reject(explainEnd(call, reason ?? how)));
  }

  function settle(tell: (call: Call) => void): void {
    const call = current;
    if (call === null) return;
    current = null;
    call.watch?.stop();
    tell(call);
  }

  function explainEnd({ task }: Call, how: string): GelqlError {
    if (overrun !== null && explainOverrun !== undefined) return explainOverrun(overrun);
    const place = `${name} ${channel.kind}`;
    return isReady
      ? new GelqlError('WORKER_CRASHED', `The ${place} ended during ${task}: ${how}`)
      : new GelqlError('SETUP_FAILED', `The ${place} could not load ${task}: ${how}`);
  }

  function watch(): UsageWatch | null {
    if (limits === undefined) return null;
    return watchUsage(channel.pid, limits, (passed) => {
      overrun = passed;
      discard(`it took more than ${passed.limit} ${passed.resource}`);
    });
  }

  return {
    call: (task, input, options) =>
      new Promise((resolve, reject) => {
        const message: LaneMessage = { kind: 'call', task, input };
        try {
          channel.send(message, options.isHandedOver);
        } catch (cause) {
          return reject(new GelqlError('INTERNAL', `The input of ${task} cannot be sent.`, { cause }));
        }
        const call = { task, options, watch: watch(), failure: null, resolve, reject };
        current = call;
        options.onStart?.((body) => {
          if (current === call) channel.send({ kind: 'message', body }, true);
        });
      }),
    cancel: () => channel.send({ kind: 'cancel' }),
    end: () => channel.end(),
  };
}
