import { runCommand, summariseFailure } from '../../src/setup/tensorflow/run-command.js';

const waitForEver = ['-e', 'console.error("loading"); setInterval(() => {}, 1000);'];

describe('running a program', () => {
  it('ends one that takes too long, and says so', async () => {
    const outcome = await runCommand(process.execPath, waitForEver, { timeoutMs: 300 });
    expect(outcome.code).toBeNull();
    expect(summariseFailure(outcome)).toBe('error: no end within 0.3 s');
  });

  it('throws what its signal was aborted with, though there is a time, too', async () => {
    const controller = new AbortController();
    const running = runCommand(process.execPath, waitForEver, {
      signal: controller.signal,
      timeoutMs: 60_000,
    });
    controller.abort(new Error('the user stopped it'));
    await expect(running).rejects.toThrow('the user stopped it');
  });

  it('keeps what one prints that ends in time', async () => {
    const outcome = await runCommand(process.execPath, ['-e', 'console.log(1); process.exit(3)'], {
      timeoutMs: 60_000,
    });
    expect(outcome).toEqual({ code: 3, stdout: '1\n', stderr: '' });
  });
});
