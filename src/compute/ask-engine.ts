import { fork, type ChildProcess } from 'node:child_process';
import { deserializeError, GelqlError } from '../errors.js';
import type { EngineAnswer, EngineRequest } from './engine-request.js';
import type { Timing } from './measure-session.js';
import type { Entry } from './worker-entry.js';

/** The end of what a dying child said, for the reason that is shown. */
const MAX_REASON_CHARACTERS = 300;

export interface TrialProcess {
  entry: Entry;
  environment: NodeJS.ProcessEnv;
}

/**
 * Asks a fresh child process about an engine. Where it dies or the time is over while larger batches are measured, for
 * example because they do not fit into the memory, the answer has what was measured until then.
 * @throws GelqlError ENGINE_UNAVAILABLE where the child dies or gives no answer for `timeoutMs`; else what the child throws
 */
export async function askEngine(
  { entry, environment }: TrialProcess,
  request: EngineRequest,
  timeoutMs: number,
): Promise<Exclude<EngineAnswer, { kind: 'failed' | 'timed' }>> {
  const child = fork(entry.file, [], {
    ...(entry.execArgv === null ? {} : { execArgv: entry.execArgv }),
    env: environment,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  try {
    const answer = await receiveAnswer(child, request, timeoutMs);
    if (answer.kind === 'failed') throw deserializeError(answer.error);
    return answer;
  } finally {
    child.kill('SIGKILL');
  }
}

function receiveAnswer(
  child: ChildProcess,
  request: EngineRequest,
  timeoutMs: number,
): Promise<Exclude<EngineAnswer, { kind: 'timed' }>> {
  const timings: Timing[] = [];
  let lastWords = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-MAX_REASON_CHARACTERS);
  });
  return new Promise((resolve, reject) => {
    const fail = (what: string) => {
      const error = unavailable(request.engine, what, lastWords);
      if (timings.length === 0) reject(error);
      else resolve({ kind: 'measured', timings, failure: error.message });
    };
    const timer = setTimeout(() => fail(`gave no answer within ${timeoutMs / 1000} s`), timeoutMs);
    child.once('error', (error) => fail(`could not be started: ${error.message}`));
    // `close` comes after the last of stderr, `exit` may come before it.
    child.once('close', (code, signal) => fail(`ended with ${signal ?? `code ${code}`}`));
    child.on('message', (message) => {
      const answer = message as EngineAnswer;
      if (answer.kind === 'timed') return timings.push(answer.timing);
      clearTimeout(timer);
      return resolve(answer);
    });
    for (const end of ['error', 'close']) child.once(end, () => clearTimeout(timer));
    child.send(request, (error) => {
      if (error !== null) fail(`took no request: ${error.message}`);
    });
  });
}

function unavailable(engine: string, what: string, lastWords: string): GelqlError {
  const said = lastWords.trim();
  return new GelqlError(
    'ENGINE_UNAVAILABLE',
    `The trial process of ${engine} ${what}.${said && ` It said: ${said}`}`,
    {
      facts: { engine },
    },
  );
}
