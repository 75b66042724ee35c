import type { MessagePort } from 'node:worker_threads';
import pino from 'pino';
import { serializeError } from '../errors.js';
import { parseHostRequest, type HostMessage, type HostRequest } from './engine-host-messages.js';
import { ownReceivedPayload } from './own-payload.js';
import { createPool, type Pool } from './pool.js';
import { bridgePorts, replacePorts, type PortBridge } from './port-bridge.js';
import type { Payload } from './runner.js';

/*
 * A process with one worker thread, for an engine that must have a process to itself: what CUDA sees of the machine's
 * graphics cards is the process's, and so is the one build of TensorFlow that is loaded. The thread does the work, so that
 * this process hears a cancellation while it is done. It ends with its parent.
 */

let pool: Pool | null = null;
let running: { cancellation: AbortController; bridge: PortBridge } | null = null;

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
      running?.cancellation.abort();
      return;
    case 'port':
    case 'portClosed':
      running?.bridge.receive(request);
  }
}

async function run({
  task,
  payload,
  portFields,
  reports,
}: Extract<HostRequest, { kind: 'run' }>): Promise<void> {
  send({ kind: 'started' });
  const { own, given } = replacePorts(portFields);
  const bridge = bridgePorts(own, send);
  const cancellation = new AbortController();
  running = { cancellation, bridge };
  const onProgress = reports ? (progress: unknown) => send({ kind: 'progress', progress }) : undefined;
  try {
    if (pool === null) throw new Error('a task came before the start message');
    const options = { signal: cancellation.signal, onProgress };
    const value = await pool.run(task, () => withPorts(ownReceivedPayload(payload), given), options);
    send({ kind: 'settled', response: { ok: true, value } });
  } catch (error) {
    const stack = error instanceof Error ? error.stack : undefined;
    send({ kind: 'settled', response: { ok: false, error: serializeError(error), stack } });
  } finally {
    bridge.close();
  }
}

function withPorts({ value, transfer }: Payload, ports: Record<string, MessagePort>): Payload {
  const given = Object.values(ports);
  if (given.length === 0) return { value, transfer };
  return { value: { ...(value as object), ...ports }, transfer: [...transfer, ...given] };
}

process.on('message', (message) => handle(parseHostRequest(message)));
process.on('disconnect', () => process.exit());
