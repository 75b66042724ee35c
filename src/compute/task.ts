import type { z } from 'zod';
import { GelqlError, serializeError, type ErrorCode } from '../errors.js';
import type { Answer } from './messages.js';

/** A kind of work that lanes give away: what goes in and what comes out, each checked on the side that receives it. */
export interface Task<Input, Output> {
  name: string;
  /** @throws GelqlError BAD_REQUEST that names the fields */
  parseInput: (input: unknown) => Input;
  /** @throws GelqlError INTERNAL that names the fields */
  parseOutput: (output: unknown) => Output;
}

export function defineTask<Input, Output>(
  name: string,
  { input, output }: { input: z.ZodType<Input>; output: z.ZodType<Output> },
): Task<Input, Output> {
  return {
    name,
    parseInput: (value) => parse(input, value, 'BAD_REQUEST', `The task ${name} is malformed`),
    parseOutput: (value) => parse(output, value, 'INTERNAL', `The answer of ${name} is malformed`),
  };
}

function parse<Value>(schema: z.ZodType<Value>, value: unknown, code: ErrorCode, what: string): Value {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new GelqlError(code, `${what}: ${problems.join('; ')}`, { facts: { problems } });
}

/** What a task can hear and say while it runs. */
export interface TaskContext {
  /** Aborted when nobody wants the answer any more. Messages arrive when the task gives the event loop a turn. */
  signal: AbortSignal;
  /** The arrays in `body` are handed over. What is sent arrives before the answer, in order. */
  send: (body: unknown) => void;
  /** Hears what the caller sends, from the first message on. */
  onMessage: (listener: (body: unknown) => void) => void;
}

/** A task as its worker runs it. */
export interface ServedTask {
  name: string;
  /** Never rejects. */
  run(input: unknown, context: TaskContext): Promise<Answer>;
}

/** What the module of a worker exports as `createTasks`; of two tasks with one name the later one counts. */
export type CreateTasks = (settings: unknown) => ServedTask[];

/** @param execute throws GelqlError where it can say what is wrong; the arrays of its answer are handed over */
export function serveTask<Input, Output>(
  { name, parseInput }: Task<Input, Output>,
  execute: (input: Input, context: TaskContext) => Promise<Output>,
): ServedTask {
  return {
    name,
    async run(input, context) {
      try {
        if (context.signal.aborted)
          throw new GelqlError('CANCELLED', `${name} was cancelled before it began.`);
        return { ok: true, value: await execute(parseInput(input), context) };
      } catch (error) {
        const stack = error instanceof Error ? error.stack : undefined;
        return { ok: false, error: serializeError(error), stack };
      }
    },
  };
}
