import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { processStartMark } from '../../src/features/process-start-mark.js';
import { waitFor } from '../support/wait-for.js';

(existsSync('/proc/self/stat') ? describe : describe.skip)('processStartMark (needs /proc)', () => {
  it('is the same for a living process each time, and null for a pid that nobody has', async () => {
    const mark = await processStartMark(process.pid);
    expect(mark).toMatch(/^[0-9a-f-]{36}:\d+$/);
    expect(await processStartMark(process.pid)).toBe(mark);
    expect(await processStartMark(2 ** 22 + 1)).toBeNull();
  });

  it('takes a process that has ended but was not reaped for gone', async () => {
    // The shell becomes `sleep`, which never waits for the child that it inherits.
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      let pid = 0;
      for await (const line of createInterface({ input: parent.stdout })) {
        pid = Number(line);
        break;
      }
      await waitFor(() => /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
      expect(await processStartMark(pid)).toBeNull();
    } finally {
      parent.kill();
    }
  });
});
