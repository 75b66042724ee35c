/**
 * The clients, in a process of their own on the same cores: raw HTTP over kept connections, bodies made beforehand.
 * Started by load-client.ts with one job as a message; answers with what became of each request and ends.
 */
import { readFileSync } from 'node:fs';
import { Agent, request as sendRequest } from 'node:http';
import type { Job, Outcome, Reply, Target } from './load-client.js';

const BOUNDARY = 'gelql-bench-boundary';
const DOCUMENT = `mutation Classify($upload: Upload!, $model: String, $priority: Priority, $timeoutMs: Int) {
  classifyGel(upload: $upload, model: $model, priority: $priority, timeoutMs: $timeoutMs) {
    label modelDigest probabilities { logit }
    timing { decodeMs queueMs inferMs batchSize }
  }
}`;

interface Answer {
  timing: NonNullable<Outcome['timing']>;
  modelDigest: string;
  probabilities: { logit: number }[];
}

function multipartBody(file: string, { model, priority, timeoutMs }: Target): Buffer {
  const field = (name: string, value: unknown) =>
    `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${JSON.stringify(value)}\r\n`;
  const variables = { upload: null, model, priority, timeoutMs };
  return Buffer.concat([
    Buffer.from(field('operations', { query: DOCUMENT, variables })),
    Buffer.from(field('map', { file: ['variables.upload'] })),
    Buffer.from(`--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="gel"\r\n\r\n`),
    readFileSync(file),
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);
}

function createSender(target: Target, connections: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const bodies = target.files.map((file) => multipartBody(file, target));
  let next = 0;

  const send = (): Promise<Outcome> => {
    const body = bodies[next % bodies.length] ?? Buffer.alloc(0);
    next += 1;
    const startedAt = performance.now();
    return new Promise((resolve) => {
      const fail = (error: Error) =>
        resolve({ status: 0, totalMs: performance.now() - startedAt, reason: error.message });
      const headers = {
        'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
        'content-length': body.length,
        'x-graphql-yoga-csrf': 'bench',
        accept: 'application/json',
      };
      const request = sendRequest(target.url, { method: 'POST', agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', fail);
        response.on('end', () => {
          const totalMs = performance.now() - startedAt;
          resolve(readOutcome(response.statusCode ?? 0, totalMs, Buffer.concat(chunks).toString()));
        });
      });
      request.on('error', fail);
      request.end(body);
    });
  };
  return { send, close: () => agent.destroy() };
}

function readOutcome(status: number, totalMs: number, text: string): Outcome {
  if (status !== 200) return { status, totalMs, reason: text };
  const { data } = JSON.parse(text) as {
    data?: { classifyGel?: Answer } | null;
  };
  const answer = data?.classifyGel;
  if (answer == null) return { status: 500, totalMs, reason: text };
  const { timing, modelDigest, probabilities } = answer;
  return { status, totalMs, timing, modelDigest, logits: probabilities.map(({ logit }) => logit) };
}

/** Each client sends its next request when it has its answer, at least one. */
async function runClosed(job: Extract<Job, { kind: 'closed' }>): Promise<Reply> {
  const { send, close } = createSender(job.target, job.clients);
  for (let count = 0; count < job.warmUp; count += 1) await send();
  const outcomes: Outcome[] = [];
  const startedAt = performance.now();
  const processorBefore = process.cpuUsage();
  const isOver = () => performance.now() - startedAt > job.durationMs || outcomes.length >= job.maxRequests;
  const client = async () => {
    do outcomes.push(await send());
    while (!isOver());
  };
  await Promise.all(Array.from({ length: job.clients }, client));
  close();
  const seconds = (performance.now() - startedAt) / 1000;
  return { outcomes, seconds, processorMs: processorMsSince(processorBefore) };
}

/** Requests leave at a fixed rate, whatever became of those before. */
async function runOpen(job: Extract<Job, { kind: 'open' }>): Promise<Reply> {
  const { send, close } = createSender(job.target, Infinity);
  const pending: Promise<Outcome>[] = [];
  const processorBefore = process.cpuUsage();
  const startedAt = performance.now();
  const sendTimed = async (): Promise<Outcome> => {
    const outcome = await send();
    return { ...outcome, endedMs: performance.now() - startedAt };
  };
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsedMs = performance.now() - startedAt;
      const due = Math.floor((Math.min(elapsedMs, job.durationMs) / 1000) * job.perSecond);
      while (pending.length < due) pending.push(sendTimed());
      if (elapsedMs < job.durationMs) return;
      clearInterval(timer);
      resolve();
    }, 5);
  });
  const seconds = (performance.now() - startedAt) / 1000;
  const outcomes = await Promise.all(pending);
  close();
  return { outcomes, seconds, processorMs: processorMsSince(processorBefore) };
}

function processorMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

process.on('message', (job: Job) => {
  const running = job.kind === 'closed' ? runClosed(job) : runOpen(job);
  void running.then((reply) => process.send?.(reply, () => process.exit(0)));
});
