import { tsImport } from 'tsx/esm/api';

/** Starts the PostgreSQL of this jest run. It ends with jest, also where that is killed. */
export default async function setUp() {
  const { startTestServer } = await tsImport('./test-server.ts', import.meta.url);
  const server = await startTestServer();
  process.env.GELQL_TEST_DATABASE_URL = server.url;
  globalThis.stopTestServer = server.stop;
}
