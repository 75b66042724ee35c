import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../support/cli.js';

test('a server on a port that is taken says so with a code, before it makes a database', async () => {
  const root = await mkdtemp(join(tmpdir(), 'gelql-port-'));
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  for (const args of [
    ['serve', '--port', String(port)],
    ['serve', '--port', '0', '--host', '203.0.113.7'],
  ]) {
    const { code, stderr } = await runCli(join(root, 'data'), args);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error ADDRESS_UNAVAILABLE: The server cannot listen on .*\n {2}Stop the program/,
    );
  }
  expect(existsSync(join(root, 'data'))).toBe(false);
  other.close();
  await rm(root, { recursive: true, force: true });
}, 120_000);
