import { z } from 'zod';
import type { SerializedError } from '../errors.js';
import type { BackboneRecord } from '../networks/architecture.js';
import { ENGINE_NAMES, type EngineDescription, type EngineName } from './engines/engine.js';
import { backboneSchema } from './task-schemas.js';
import type { MeasureLimits, Timing } from './measure-session.js';

/** Parent -> child process. */
export type EngineRequest =
  | { kind: 'probe'; engine: EngineName }
  | { kind: 'measure'; engine: EngineName; backbone: BackboneRecord; threads: number; limits: MeasureLimits };

const engine = z.enum(ENGINE_NAMES);
const milliseconds = z.number().positive();
const requestSchema: z.ZodType<EngineRequest> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('probe'), engine }),
  z.object({
    kind: z.literal('measure'),
    engine,
    backbone: backboneSchema,
    threads: z.number().int().min(1),
    limits: z.object({ budgetMs: milliseconds, hopelessMs: milliseconds }),
  }),
]);

export type ProbeResult = Awaited<ReturnType<EngineDescription['probe']>>;

/** Child process -> parent: one answer, then the child ends. */
export type EngineAnswer =
  | { kind: 'probed'; result: ProbeResult }
  | { kind: 'measured'; timings: Timing[] }
  | { kind: 'failed'; error: SerializedError };

export function parseEngineRequest(message: unknown): EngineRequest {
  return requestSchema.parse(message);
}
