import type { App } from '../app.js';
import type { Logger } from '../logger.js';

/** What every resolver gets. Loaders of the dataloader plugin live on it too, so it is new for each request. */
export interface GraphQLContext {
  app: App;
  request: Request;
  requestId: string;
  logger: Logger;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
  /** When the request came, on the clock of `performance`. */
  receivedAt: number;
  /** Bytes of the request's body as it announced them; null where it did not. */
  contentBytes: number | null;
}
