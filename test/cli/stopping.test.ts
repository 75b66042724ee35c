import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../support/cli.js';
import { classification, post, type Classified } from '../support/graphql-server.js';

const GEL = 'dataset/test/gel/gel_001.png';
/** How long it says that it stops before it does. */
const DELAY_MS = 4_000;
const IN_FLIGHT = 12;

test('a server that is asked to stop says so, answers what it has, and ends', async () => {
  const root = await mkdtemp(join(tmpdir(), 'gelql-stopping-'));
  const server = await startServer(join(root, 'data'), {
    args: ['--no-training'],
    environment: { GELQL_LOG_LEVEL: 'info', GELQL_STOP_DELAY_MS: String(DELAY_MS) },
  });
  const file = { name: 'gel.png', bytes: await readFile(GEL) };
  const classify = () => post<Classified>(`${server.url}/graphql`, classification(file));
  const ready = async () => (await fetch(`${server.url}/ready`)).status;
  expect((await classify()).data?.classifyGel.label).toBe('gel');
  expect(await ready()).toBe(200);

  const inFlight = Array.from({ length: IN_FLIGHT }, classify);
  const ended = server.end('SIGTERM');
  // At once, as far as the process has seen the signal; it is still there and says so.
  while ((await ready()) === 200);
  const late = await fetch(`${server.url}/health`);
  expect(late).toMatchObject({ status: 200 });
  expect(late.headers.get('connection')).toBe('close');
  const answers = await Promise.all(inFlight);
  expect(answers.map(({ status, data }) => [status, data?.classifyGel.label])).toEqual(
    Array.from({ length: IN_FLIGHT }, () => [200, 'gel']),
  );

  expect(await ended).toBe(0);
  await expect(fetch(`${server.url}/health`)).rejects.toThrow();
  const lines = server
    .said()
    .split('\n')
    .filter((line) => line.startsWith('{'));
  const messages = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  expect(messages.filter((message) => message === 'answered').length).toBeGreaterThan(IN_FLIGHT);
  expect(messages).toContain('stopping');
  await rm(root, { recursive: true, force: true });
}, 600_000);
