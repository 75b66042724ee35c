import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PACKAGE_DIR } from '../../src/config.js';
import type { Priority } from '../../src/words/priority.js';

export interface Target {
  /** With /graphql. */
  url: string;
  /** Pictures, sent in turn. */
  files: readonly string[];
  /** Null for the champion, or the best registered model. */
  model: string | null;
  priority: Priority;
  /** The server's own where absent. */
  timeoutMs?: number;
}

export type Job =
  | {
      kind: 'closed';
      target: Target;
      clients: number;
      warmUp: number;
      durationMs: number;
      maxRequests: number;
    }
  | { kind: 'open'; target: Target; perSecond: number; durationMs: number };

/** What became of one request. */
export interface Outcome {
  /** HTTP status; 0 where the connection broke. */
  status: number;
  totalMs: number;
  /** When it was answered, from the first request of an open job; absent otherwise. */
  endedMs?: number;
  timing?: { decodeMs: number; queueMs: number; inferMs: number; batchSize: number };
  /** Digest of the answering model, and its answer. */
  modelDigest?: string;
  logits?: number[];
  reason?: string;
}

export interface Reply {
  outcomes: Outcome[];
  /** Time in which requests were sent; answers may have come later. */
  seconds: number;
  /** What the clients computed meanwhile, their warm-up left out. */
  processorMs: number;
}

/** Runs one job in a fresh process of clients. */
export async function runLoad(job: Job): Promise<Reply> {
  const child = fork(join(PACKAGE_DIR, 'bench', 'serving', 'load-generator.ts'), {
    execArgv: ['--import', 'tsx'],
    serialization: 'advanced',
  });
  const replied = once(child, 'message') as Promise<[Reply]>;
  const died = once(child, 'exit').then(() => {
    throw new Error('The load generator ended without an answer.');
  });
  // Once there is an answer the child ends, which is no failure any more.
  died.catch(() => undefined);
  child.send(job);
  const [reply] = await Promise.race([replied, died]);
  return reply;
}

type Answered = Outcome & Required<Pick<Outcome, 'timing'>>;

/** @throws Error where a request failed in another way than by OVERLOADED */
export function answered({ outcomes }: Reply): Answered[] {
  const broken = outcomes.find(({ status }) => status !== 200 && status !== 429);
  if (broken !== undefined) {
    throw new Error(`A request failed with ${broken.status}: ${broken.reason ?? ''}`);
  }
  return outcomes.filter((outcome): outcome is Answered => outcome.timing !== undefined);
}
