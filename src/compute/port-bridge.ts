import { MessageChannel, MessagePort } from 'node:worker_threads';

/*
 * A task's input may hold ports, on which its thread talks to the caller while it runs. Where the thread is in another
 * process, each side keeps its port and passes on what arrives at it:
 *
 *   caller's port -- bridge of the parent ==> process channel ==> bridge of the host -- the thread's port
 */

/** On one port of a task, by the name of the field that holds it: a message, or that the other side has closed it. */
export type PortMessage =
  { kind: 'port'; field: string; message: unknown } | { kind: 'portClosed'; field: string };

export interface PortBridge {
  /** What came over the process channel. */
  receive(message: PortMessage): void;
  close(): void;
}

/**
 * Takes the ports out of a task's input.
 * @returns the input without them, and the ports by field
 */
export function separatePorts(input: unknown): { rest: unknown; ports: Map<string, MessagePort> } {
  const ports = new Map<string, MessagePort>();
  if (typeof input !== 'object' || input === null || ArrayBuffer.isView(input)) return { rest: input, ports };
  const entries = Object.entries(input).filter(([field, value]) => {
    if (value instanceof MessagePort) ports.set(field, value);
    return !(value instanceof MessagePort);
  });
  return ports.size === 0 ? { rest: input, ports } : { rest: Object.fromEntries(entries), ports };
}

/** New ports for a thread in the place of those that stayed behind. @returns ours and the thread's, by field */
export function replacePorts(fields: readonly string[]): {
  own: Map<string, MessagePort>;
  given: Record<string, MessagePort>;
} {
  const channels = fields.map((field) => [field, new MessageChannel()] as const);
  return {
    own: new Map(channels.map(([field, { port1 }]) => [field, port1])),
    given: Object.fromEntries(channels.map(([field, { port2 }]) => [field, port2])),
  };
}

/** @param send puts a message on the process channel */
export function bridgePorts(
  ports: ReadonlyMap<string, MessagePort>,
  send: (message: PortMessage) => void,
): PortBridge {
  for (const [field, port] of ports) {
    port.on('message', (message: unknown) => send({ kind: 'port', field, message }));
    port.on('close', () => send({ kind: 'portClosed', field }));
  }
  return {
    receive(message) {
      const port = ports.get(message.field);
      if (message.kind === 'port') port?.postMessage(message.message);
      else port?.close();
    },
    close() {
      for (const port of ports.values()) port.close();
    },
  };
}
