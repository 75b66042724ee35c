import { z } from 'zod';
import type { PortMessage } from './port-bridge.js';
import type { ResponseMessage } from './task-envelope.js';
import type { Entry } from './worker-entry.js';

/** Parent -> host process: `start` once, then one `run` at a time, which `cancel` asks to stop and port messages belong to. */
export type HostRequest =
  | { kind: 'start'; name: string; entry: Entry; workerData: unknown }
  | { kind: 'run'; task: string; payload: unknown; portFields: string[]; reports: boolean }
  | { kind: 'cancel' }
  | PortMessage;

const requestSchema: z.ZodType<HostRequest> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('start'),
    name: z.string(),
    entry: z.object({ file: z.string(), execArgv: z.array(z.string()).nullable() }),
    workerData: z.unknown(),
  }),
  z.object({
    kind: z.literal('run'),
    task: z.string(),
    payload: z.unknown(),
    portFields: z.array(z.string()),
    reports: z.boolean(),
  }),
  z.object({ kind: z.literal('cancel') }),
  z.object({ kind: z.literal('port'), field: z.string(), message: z.unknown() }),
  z.object({ kind: z.literal('portClosed'), field: z.string() }),
]);

/** Host process -> parent: `started`, any number of `progress` and port messages, then `settled`. */
export type HostMessage =
  | { kind: 'started' }
  | { kind: 'progress'; progress: unknown }
  | PortMessage
  | { kind: 'settled'; response: ResponseMessage };

export function parseHostRequest(message: unknown): HostRequest {
  return requestSchema.parse(message);
}
