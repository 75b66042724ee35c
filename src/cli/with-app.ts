import { createApp, type App } from '../app.js';
import type { Config } from '../config.js';
import { createLogger } from '../logger.js';

/** Runs one command on an app of its own and closes it, whatever happens; logs below warnings are kept back. */
export async function withApp<T>(config: Config, work: (app: App) => Promise<T>): Promise<T> {
  const level = config.logLevel === 'info' ? 'warn' : config.logLevel;
  const app = await createApp(config, createLogger(level));
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}
