import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { GelqlProcess } from './gelql-process.js';

/** Both shipped backbones, both heads, both optimizers, another seed each time; enough epochs to be hit in the middle. */
export function configurations(count: number): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) => ({
    dataset: 'proof',
    name: `proof-${index}`,
    backbone: index % 2 === 0 ? 'MOBILENET_V3_LARGE' : 'RESNET18',
    head: index % 4 < 2 ? 'SINGLE' : 'MULTI',
    optimizer: index % 8 < 4 ? 'ADAM' : 'SGD',
    epochs: index % 4 < 2 ? 400 : 60,
    seed: index,
  }));
}

export async function importDemo(databaseUrl: string): Promise<void> {
  await promisify(execFile)(
    process.execPath,
    ['bin/gelql.mjs', 'dataset', 'import', 'dataset', '--name', 'proof'],
    { env: { ...process.env, DATABASE_URL: databaseUrl, GELQL_LOG_LEVEL: 'fatal' } },
  );
}

/** Queues the runs as a client would, one request each. */
export async function queueRuns(
  server: GelqlProcess,
  inputs: readonly Record<string, unknown>[],
): Promise<void> {
  const query = 'mutation ($input: TrainModelInput!) { trainModel(input: $input) { id } }';
  for (const input of inputs) {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables: { input } }),
    });
    const { errors } = (await response.json()) as { errors?: unknown[] };
    if (errors !== undefined) throw new Error(`A run was not queued: ${JSON.stringify(errors)}`);
  }
}
