import { setTimeout as delay } from 'node:timers/promises';
import postgres from 'postgres';
import { testServerUrl } from '../support/database.js';
import { onServer } from '../support/test-server.js';
import { waitFor } from '../support/wait-for.js';

// Needs scripts/mend-postgres.mjs: without it the statement behind the break throws where nobody can catch it.
test('a connection that breaks in a transaction fails its next statement, and the pool goes on', async () => {
  let closed = 0;
  const sql = postgres(testServerUrl(), { max: 1, onclose: () => void (closed += 1) });
  const later: unknown[] = [];
  const broken = sql.begin(async (held) => {
    const [row] = await held<{ pid: number }[]>`select pg_backend_pid() as pid`;
    await onServer(testServerUrl(), (other) => other`select pg_terminate_backend(${row?.pid ?? 0})`);
    await waitFor(() => closed > 0);
    await held`select 1`.catch((error: unknown) => later.push(error));
  });
  await expect(broken).rejects.toMatchObject({
    message: expect.stringMatching(/CONNECTION_CLOSED/) as string,
  });
  await waitFor(() => later.length > 0);
  expect(later).toMatchObject([{ code: 'CONNECTION_CLOSED' }]);
  for (let number = 1; number <= 3; number += 1) {
    expect(
      await Promise.race([
        sql`select ${number}::integer as number`,
        delay(10_000, 'nothing', { ref: false }),
      ]),
    ).toEqual([{ number }]);
  }
  await sql.end({ timeout: 5 });
}, 30_000);
