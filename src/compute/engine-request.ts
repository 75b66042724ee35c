import { z } from 'zod';
import type { SerializedError } from '../errors.js';
import type { BackboneRecord } from '../networks/architecture.js';
import { ENGINE_NAMES, type EngineName, type EngineOptions, type EngineProbe } from './engines/engine.js';
import { backboneSchema } from './task-schemas.js';
import type { MeasureLimits, Timing } from './measure-session.js';

/** Parent -> child process. */
export type EngineRequest =
  | ({ kind: 'probe'; engine: EngineName } & Pick<EngineOptions, 'softwareGpu'>)
  | ({
      kind: 'measure';
      engine: EngineName;
      backbone: BackboneRecord;
      limits: MeasureLimits;
    } & EngineOptions);

const engine = z.enum(ENGINE_NAMES);
const milliseconds = z.number().positive();
const requestSchema: z.ZodType<EngineRequest> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('probe'), engine, softwareGpu: z.boolean() }),
  z.object({
    kind: z.literal('measure'),
    engine,
    backbone: backboneSchema,
    threads: z.number().int().min(1),
    softwareGpu: z.boolean(),
    limits: z.object({ budgetMs: milliseconds, hopelessMs: milliseconds }),
  }),
]);

/** Child process -> parent: one answer, then the child ends. */
export type EngineAnswer =
  | { kind: 'probed'; result: EngineProbe }
  | { kind: 'measured'; timings: Timing[] }
  | { kind: 'failed'; error: SerializedError };

export function parseEngineRequest(message: unknown): EngineRequest {
  return requestSchema.parse(message);
}
