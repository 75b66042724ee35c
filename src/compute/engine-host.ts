import pino from 'pino';
import { serializeError } from '../errors.js';
import { parseHostRequest, type HostMessage, type HostRequest } from './engine-host-messages.js';
import { ownReceivedPayload } from './own-payload.js';
import { createPool, type Pool } from './pool.js';

/*
 * A process with one worker thread, for an engine that must have a process to itself: what CUDA sees of the machine's
 * graphics cards is the process's, and so is the one build of TensorFlow that is loaded. The thread does the work, so that
 * this process hears a cancellation while it is done. It ends with its parent.
 */

let pool: Pool | null = null;
let running: AbortController | null = null;

function send(message: HostMessage): void {
  process.send?.(message);
}

function handle(request: HostRequest): void {
  switch (request.kind) {
    case 'start': {
      const { name, entry, workerData } = request;
      // What goes wrong travels to the parent, which logs it.
      pool = createPool({ name, entry, workerData, threads: 1, logger: pino({ level: 'silent' }) });
      return;
    }
    case 'run':
      void run(request);
      return;
    case 'cancel':
      running?.abort();
  }
}

async function run({ task, payload, reports }: Extract<HostRequest, { kind: 'run' }>): Promise<void> {
  send({ kind: 'started' });
  running = new AbortController();
  const onProgress = reports ? (progress: unknown) => send({ kind: 'progress', progress }) : undefined;
  try {
    if (pool === null) throw new Error('a task came before the start message');
    const options = { signal: running.signal, onProgress };
    const value = await pool.run(task, () => ownReceivedPayload(payload), options);
    send({ kind: 'settled', response: { ok: true, value } });
  } catch (error) {
    const stack = error instanceof Error ? error.stack : undefined;
    send({ kind: 'settled', response: { ok: false, error: serializeError(error), stack } });
  }
}

process.on('message', (message) => handle(parseHostRequest(message)));
process.on('disconnect', () => process.exit());
