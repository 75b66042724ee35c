import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { createApp, type App } from '../app.js';
import type { Config } from '../config.js';
import { GelqlError } from '../errors.js';
import { createGraphQLServer, createHttpServer } from '../graphql/http/server.js';
import { createLogger } from '../logger.js';
import { runInterruptibly, untilAborted } from './terminal/interruptible.js';
import { printNote } from './terminal/output.js';
import { integerBetween } from './parse/parse-number.js';

/** Longest time that open requests may take once no new ones are taken. */
const DRAIN_MS = 15_000;
const LISTEN_FAILURES: Record<string, string | undefined> = {
  EADDRINUSE: 'another program uses the port',
  EADDRNOTAVAIL: 'the address is none of this machine',
  EACCES: 'the port needs more rights',
  ENOTFOUND: 'the name of the host has no address',
};
/** Longest time from the signal to the end of the process, whatever hangs. */
const STOP_MS = 29_000;

export function registerServeCommand(program: Command, getConfig: () => Config): void {
  program
    .command('serve')
    .description('serve the GraphQL API, GraphiQL and the health routes until stopped')
    .option(
      '--port <number>',
      'port to listen on; 0 takes a free one (GELQL_PORT, default 4000)',
      integerBetween(0, 65_535),
    )
    .option('--host <address>', 'address to listen on (GELQL_HOST, default 127.0.0.1)')
    .option(
      '--no-training',
      'answer requests only; leave training runs to gelql worker (as GELQL_TRAINING_WORKERS=0 does)',
    )
    .addHelpText(
      'after',
      `
Examples:
  gelql serve
  DATABASE_URL=postgres://... gelql serve --host 0.0.0.0 --port 8080
  DATABASE_URL=postgres://... gelql serve --no-training     (with gelql worker on this or other machines)`,
    )
    .action(async (options: { port?: number; host?: string; training: boolean }) => {
      const config = { ...getConfig(), ...definedOnly({ port: options.port, host: options.host }) };
      await refuseTakenAddress(config);
      const app = await createApp(config, createLogger(config.logLevel));
      try {
        await runInterruptibly(async (signal) => {
          // Also without training: it queues the lost runs of workers that died, before anybody asks for them.
          await app.queue.watch();
          const server = await listen(app);
          // Measuring engines and loading weights take seconds, which the first request should not wait for.
          void app.servedModels.warmUp();
          printNote(addressLines(server.url).join('\n'));
          if (options.training && config.trainingWorkers > 0) await app.startTrainingWorker();
          await untilAborted(signal);
          app.logger.info('stopping');
          endAnyway(app);
          app.beginStop();
          await delay(config.stopDelayMs);
          await server.close();
        });
      } finally {
        await app.close();
      }
    });
}

/** What was answered is stored, and what was not finished is found by the next start: nothing is lost by this. */
function endAnyway({ logger }: App): void {
  setTimeout(() => {
    logger.fatal(`not stopped after ${STOP_MS} ms: ending`);
    process.exit(1);
  }, STOP_MS).unref();
}

/**
 * Called before anything is made or computed that nobody could then ask for.
 * @throws GelqlError ADDRESS_UNAVAILABLE
 */
export async function refuseTakenAddress(config: Pick<Config, 'host' | 'port'>): Promise<void> {
  const server = createServer();
  await openPort(server, config);
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

async function openPort(server: Server, { host, port }: Pick<Config, 'host' | 'port'>): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const meaning = LISTEN_FAILURES[reason] ?? 'the system refuses';
    throw new GelqlError(
      'ADDRESS_UNAVAILABLE',
      `The server cannot listen on ${host}:${port}: ${meaning} (${reason}).`,
      { cause, facts: { host, port } },
    );
  }
}

export interface RunningServer {
  /** For example http://127.0.0.1:4000 */
  url: string;
  /** Takes no new connections, ends subscriptions, and waits for open requests, a bounded time. */
  close(): Promise<void>;
}

export async function listen(app: App): Promise<RunningServer> {
  const yoga = createGraphQLServer(app);
  const server = createHttpServer(yoga).prependListener('request', (_request, response) => {
    // Whoever keeps a connection open takes the next one elsewhere.
    if (app.isStopping()) response.setHeader('connection', 'close');
  });
  await openPort(server, app.config);
  const { address, port, family } = server.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  return {
    url: `http://${host}:${port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await app.announcements.close();
      const deadline = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
      await closed;
      clearTimeout(deadline);
      await yoga.dispose();
    },
  };
}

export function addressLines(url: string): string[] {
  return [
    `GraphQL and GraphiQL  ${url}/graphql`,
    `health                ${url}/health`,
    `ready, metrics        ${url}/ready, ${url}/metrics`,
    'Stop with Ctrl-C.',
  ];
}

function definedOnly<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
