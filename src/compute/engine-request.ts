import { z } from 'zod';
import type { SerializedError } from '../errors.js';
import type { BackboneRecord } from '../words/architecture.js';
import type { EngineOptions, EnginePlace, EngineProbe } from './engines/engine.js';
import { ENGINE_NAMES, type EngineName } from '../words/device.js';
import { backboneSchema, engineOptions, enginePlace } from './task-schemas.js';
import type { MeasureLimits, SessionTimings, Timing } from './measure-session.js';

/** Parent -> child process. */
export type EngineRequest =
  | ({ kind: 'probe'; engine: EngineName } & EnginePlace)
  | ({
      kind: 'measure';
      engine: EngineName;
      backbone: BackboneRecord;
      limits: MeasureLimits;
    } & EngineOptions);

const engine = z.enum(ENGINE_NAMES);
const milliseconds = z.number().positive();
const requestSchema: z.ZodType<EngineRequest> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('probe'), engine, ...enginePlace }),
  z.object({
    kind: z.literal('measure'),
    engine,
    backbone: backboneSchema,
    ...engineOptions,
    limits: z.object({ budgetMs: milliseconds, hopelessMs: milliseconds }),
  }),
]);

/** Child process -> parent: what is known so far of a measurement, then one answer, then the child ends. */
export type EngineAnswer =
  | { kind: 'probed'; result: EngineProbe }
  | { kind: 'timed'; timing: Timing }
  | ({ kind: 'measured' } & SessionTimings)
  | { kind: 'failed'; error: SerializedError };

export function parseEngineRequest(message: unknown): EngineRequest {
  return requestSchema.parse(message);
}
