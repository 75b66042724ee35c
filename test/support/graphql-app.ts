import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pino from 'pino';
import { createApp, type App } from '../../src/app.js';
import { readConfig, type Config } from '../../src/config.js';
import { createGraphQLServer, type GelqlYoga } from '../../src/graphql/http/server.js';
import { loggerOptions } from '../../src/logger.js';
import { createTestDatabase } from './database.js';

/** What a client sees of one answer. */
export interface Answer<Data> {
  status: number;
  headers: Headers;
  data: Data | null;
  errors: AnsweredError[];
}

export interface AnsweredError {
  message: string;
  path?: (string | number)[];
  extensions: { code: string; advice: string; retryable: boolean; facts?: Record<string, unknown> };
}

const KEPT_LINES = 1_000;

export interface GraphQLApp {
  app: App;
  yoga: GelqlYoga;
  /** SQL statements since the last call. */
  takeStatements(): string[];
  /** Lines of the log since the last call, from `warn` upwards. */
  takeWarnings(): Record<string, unknown>[];
  /** The last lines of the log since the last call, of every level. */
  takeLog(): Record<string, unknown>[];
  close(): Promise<void>;
}

/**
 * A whole application on a database of its own, with the shipped backbones and no model. Few threads, because
 * each loads the TypeScript sources; one engine for the features, so that none is measured first. Native TensorFlow and
 * computed features are those of this machine's cache.
 */
export async function openGraphQLApp(overrides: Partial<Config> = {}): Promise<GraphQLApp> {
  const directory = mkdtempSync(join(tmpdir(), 'gelql-graphql-'));
  const modelsDir = join(directory, 'models');
  mkdirSync(modelsDir);
  symlinkSync(resolve('models/backbones'), join(modelsDir, 'backbones'));
  const { url: databaseUrl, drop } = await createTestDatabase();
  const statements: string[] = [];
  const warnings: Record<string, unknown>[] = [];
  const log: Record<string, unknown>[] = [];
  const write = (line: string) => {
    const entry = JSON.parse(line) as Record<string, unknown> & { level: number };
    if (typeof entry.statement === 'string') statements.push(entry.statement);
    if (entry.level >= pino.levels.values.warn!) warnings.push(entry);
    if (log.push(entry) > KEPT_LINES) log.shift();
  };
  const config = {
    ...readConfig({ ...shownEnvironment(), GELQL_PORT: '0' }),
    databaseUrl,
    dataDir: join(directory, 'data'),
    modelsDir,
    // A busy machine takes its time, above all where it measures its engines first.
    timeoutMs: 600_000,
    ...overrides,
  };
  const app = await createApp(config, pino(loggerOptions('trace'), { write }));
  return {
    app,
    yoga: createGraphQLServer(app),
    takeStatements: () => statements.splice(0),
    takeWarnings: () => warnings.splice(0),
    takeLog: () => log.splice(0),
    async close() {
      await app.close();
      await drop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Takes from the environment only where the machine's cache is: a test must not open the developer's own database. */
function shownEnvironment(): NodeJS.ProcessEnv {
  const { GELQL_CACHE_DIR, XDG_CACHE_HOME, HOME } = process.env;
  return { GELQL_CACHE_DIR, XDG_CACHE_HOME, HOME };
}

/** One operation as JSON, without a port. */
export async function ask<Data = Record<string, unknown>>(
  yoga: GelqlYoga,
  query: string,
  variables: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<Answer<Data>> {
  const response = await yoga.fetch('http://gelql.test/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return readAnswer(response);
}

/** The data of an operation that must succeed. */
export async function askData<Data = Record<string, unknown>>(
  ...request: Parameters<typeof ask>
): Promise<Data> {
  const { data, errors } = await ask<Data>(...request);
  if (errors.length > 0) throw new Error(`The operation failed: ${JSON.stringify(errors)}`);
  if (data === null) throw new Error('The operation answered without data.');
  return data;
}

export async function readAnswer<Data>(response: {
  status: number;
  headers: Headers;
  text(): Promise<string>;
}): Promise<Answer<Data>> {
  const text = await response.text();
  const body = JSON.parse(text) as { data?: Data | null; errors?: AnsweredError[] };
  return {
    status: response.status,
    headers: response.headers,
    data: body.data ?? null,
    errors: body.errors ?? [],
  };
}
