import postgres from 'postgres';
import { CLUSTER_DATABASE, CLUSTER_USER } from './cluster.js';
import { hasCode } from './error-code.js';

/** No server, or one that starts, recovers or stops. */
const NOT_YET = [
  'ENOENT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'CONNECTION_CLOSED',
  'CONNECT_TIMEOUT',
  '57P03',
  '57P01',
];

/**
 * Whether a server behind the socket answers a statement.
 * @throws Error where it refuses for good, for example the password
 */
export async function answers(socket: string, password: string): Promise<boolean> {
  const client = postgres({
    path: socket,
    username: CLUSTER_USER,
    password,
    database: CLUSTER_DATABASE,
    max: 1,
    connect_timeout: 5,
    fetch_types: false,
    connection: { application_name: 'gelql probe' },
  });
  try {
    await client`select 1`;
    return true;
  } catch (error) {
    if (hasCode(error, ...NOT_YET)) return false;
    throw error;
  } finally {
    await client.end({ timeout: 0 });
  }
}
