import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to PostgreSQL on which the connections that LISTEN, and only those, can fail. */
export interface DatabaseProxy {
  /** The address of the database through it. */
  url: string;
  /** Connections that listen now. */
  listenerCount(): number;
  /** Cuts the connections that listen; each that begins to is cut too, until `allowListening`. */
  refuseListening(): void;
  /** As a firewall that has forgotten a connection: those that listen stay open, and get nothing more. */
  muteListening(): void;
  allowListening(): void;
  close(): Promise<void>;
}

const LISTEN = Buffer.from('listen "');

export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const target = new URL(databaseUrl);
  const listeners = new Set<Socket>();
  const sockets = new Set<Socket>();
  let state: 'open' | 'refused' | 'muted' = 'open';

  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        listeners.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (chunk) => {
      // The text of a statement is sent in one piece.
      if (chunk.includes(LISTEN)) listeners.add(client);
      if (state === 'refused' && listeners.has(client)) client.destroy();
      else upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (state !== 'muted' || !listeners.has(client)) client.write(chunk);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    listenerCount: () => listeners.size,
    refuseListening() {
      state = 'refused';
      for (const socket of listeners) socket.destroy();
    },
    muteListening: () => void (state = 'muted'),
    allowListening: () => void (state = 'open'),
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
