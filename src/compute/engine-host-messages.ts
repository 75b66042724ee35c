import { z } from 'zod';
import type { ResponseMessage } from './task-envelope.js';
import type { Entry } from './worker-entry.js';

/** Parent -> host process: `start` once, then one `run` at a time, which `cancel` asks to stop. */
export type HostRequest =
  | { kind: 'start'; name: string; entry: Entry; workerData: unknown }
  | { kind: 'run'; task: string; payload: unknown; reports: boolean }
  | { kind: 'cancel' };

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
    reports: z.boolean(),
  }),
  z.object({ kind: z.literal('cancel') }),
]);

/** Host process -> parent: `started`, any number of `progress`, then `settled`. */
export type HostMessage =
  | { kind: 'started' }
  | { kind: 'progress'; progress: unknown }
  | { kind: 'settled'; response: ResponseMessage };

export function parseHostRequest(message: unknown): HostRequest {
  return requestSchema.parse(message);
}
