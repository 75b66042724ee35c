import { createApp, type App } from '../app.js';
import type { Config } from '../config.js';
import { createCommandLogger } from './terminal/command-logger.js';

/** Runs one command on an app of its own and closes it, whatever happens. @param options as createApp takes them */
export async function withApp<T>(
  config: Config,
  work: (app: App) => Promise<T>,
  options: Parameters<typeof createApp>[2] = {},
): Promise<T> {
  const app = await createApp(config, createCommandLogger(config), options);
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}
