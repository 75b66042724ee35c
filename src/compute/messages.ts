import { z } from 'zod';
import { isErrorCode, type ErrorCode, type SerializedError } from '../errors.js';

/*
 * Between a lane and one of its workers, whichever kind of channel lies between them:
 *
 *   lane                                        worker
 *     start ------------------------------------> loads its module
 *                   <---------------------------- ready, or unusable
 *     call -------------------------------------> one at a time
 *     message --->  <---------------------------- message: progress, or both ends of a stream; any number, in order
 *     cancel -----------------------------------> raises the call's signal
 *                   <---------------------------- answer: nothing of this call follows
 *
 * What is sent between an answer and the next call belongs to nobody and is dropped.
 */

export const laneMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('start'), module: z.string().min(1), settings: z.unknown() }),
  z.object({ kind: z.literal('call'), task: z.string().min(1), input: z.unknown() }),
  z.object({ kind: z.literal('message'), body: z.unknown() }),
  z.object({ kind: z.literal('cancel') }),
]);
/** Lane -> worker. */
export type LaneMessage = z.infer<typeof laneMessage>;

/** An error is a value here: structured cloning keeps nothing but name, message and stack of an Error. */
export const serializedError = z.object({
  code: z.custom<ErrorCode>(isErrorCode, 'must be an error code'),
  message: z.string(),
  facts: z.record(z.string(), z.unknown()),
}) satisfies z.ZodType<SerializedError>;

const answer = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: serializedError, stack: z.string().optional() }),
]);
/** How a call ended; the stack is the worker's, for the log. */
export type Answer = z.infer<typeof answer>;

export const workerMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('unusable'), reason: z.string() }),
  z.object({ kind: z.literal('message'), body: z.unknown() }),
  z.object({ kind: z.literal('answer'), answer }),
]);
/** Worker -> lane. */
export type WorkerMessage = z.infer<typeof workerMessage>;
