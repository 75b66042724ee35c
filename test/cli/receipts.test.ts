import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli, runCliForJson } from '../support/cli.js';

const root = await mkdtemp(join(tmpdir(), 'gelql-cli-receipts-'));
const dataDir = join(root, 'data');
afterAll(() => rm(root, { recursive: true, force: true }));

test('an answer of the shipped model is verified, corrected and, without its bytes, not replayed', async () => {
  const flags = ['--actor', 'lims', '--reference', 'sample 1'];
  const { answers } = (await runCliForJson(dataDir, [
    'classify',
    'dataset/test/gel/gel_001.png',
    ...flags,
  ])) as { answers: { id: string; decision: string; reasons: string[] }[] };
  const [answer] = answers;
  expect(answer?.decision).toMatch(/^(CLASSIFIED|UNDECIDED)$/);
  expect(answer?.reasons).not.toContain('NO_TRAINING_FEATURES');

  const id = answer!.id;
  const correction = ['receipts', 'correct', id, 'gel', '--reason', 'lanes are visible', '--actor', 'me'];
  expect(await runCli(dataDir, correction)).toMatchObject({
    code: 0,
    stdout: `${id} is gel, says me; record 2\n`,
  });
  const replay = await runCli(dataDir, ['receipts', 'replay', id]);
  expect(replay).toMatchObject({ code: 1, stderr: expect.stringContaining('PICTURE_NOT_KEPT') });
  const continued = await runCli(dataDir, ['dataset', 'from-reviews', '--name', 'more']);
  expect(continued.stderr).toContain('error PICTURE_NOT_KEPT: The bytes of 1 of 1 reviewed pictures were');
  const verified = await runCli(dataDir, ['receipts', 'verify', '--mark', `1:${'0'.repeat(64)}`]);
  expect(verified).toMatchObject({ code: 1, stdout: expect.stringMatching(/^REWRITTEN: Record 1 of the/) });
}, 600_000);
