import { sql } from 'drizzle-orm';
import type { DatabaseScope, Queries } from './database.js';

type Execute<Client> = (
  client: Client,
  text: string,
  values: unknown[],
) => Promise<{ rows: Record<string, unknown>[]; rowCount: number }>;

/** One scope over drizzle and the driver's client below it; each driver gives its own way to run SQL text. */
export function createScope<Client>(
  drizzle: Queries,
  client: Client,
  execute: Execute<Client>,
): DatabaseScope {
  return {
    drizzle,
    executeSql: (text, values = []) => execute(client, text, values),
    transaction: (work) =>
      drizzle.transaction((transaction) =>
        work(createScope(transaction, clientOf<Client>(transaction), execute)),
      ),
    notify: async (channel, payload) => {
      assertChannel(channel);
      await drizzle.execute(sql`select pg_notify(${channel}, ${payload})`);
    },
  };
}

/** A plain lower-case name needs no quotes. */
export function assertChannel(channel: string): void {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(channel)) throw new Error(`Not a channel name: ${channel}`);
}

/** Drizzle keeps the driver's transaction in its session, without declaring it. */
function clientOf<Client>(transaction: Queries): Client {
  return (transaction._.session as unknown as { client: Client }).client;
}
