import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { tryLock, type Lock, type LockHolder } from '../../src/features/lock.js';
import { startLineProcess, type LineProcess } from '../support/line-process.js';

let directory: string;
const started: LineProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gelql-lock-'));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((holder) => holder.kill()));
  rmSync(directory, { recursive: true, force: true });
});

async function startHolder(command = 'holder'): Promise<LineProcess> {
  const holder = startLineProcess('lock-holder.ts', directory, command);
  started.push(holder);
  expect(JSON.parse(await holder.nextLine())).toEqual({ ready: holder.child.pid });
  return holder;
}

async function take(holder: LineProcess): Promise<unknown> {
  holder.say('go');
  return JSON.parse(await holder.nextLine());
}

function writeHolder(holder: Partial<LockHolder>): string {
  const path = join(directory, '000007.json');
  const whole: LockHolder = {
    pid: process.pid,
    host: hostname(),
    since: '2024-01-01T00:00:00.000Z',
    command: 'earlier',
    startMark: null,
    released: false,
    ...holder,
  };
  writeFileSync(path, JSON.stringify(whole));
  return path;
}

async function takeLock(command: string): Promise<Lock> {
  const { lock } = await tryLock(directory, command);
  if (lock === null) throw new Error('Somebody holds the lock.');
  return lock;
}

async function takeAndRelease(): Promise<void> {
  const lock = await takeLock('taker');
  await lock.release();
  await lock.release();
}

test('refuses a second process and names the first', async () => {
  const holder = await startHolder('gelql serve');
  expect(await take(holder)).toEqual({ held: true });
  expect(await tryLock(directory, 'second')).toMatchObject({
    lock: null,
    holder: { pid: holder.child.pid, host: hostname(), command: 'gelql serve' },
  });
  holder.say('release');
  expect(JSON.parse(await holder.nextLine())).toEqual({ released: true });
  await takeAndRelease();
});

test('refuses the same process a second time', async () => {
  const lock = await takeLock('first');
  expect((await tryLock(directory, 'second')).holder).toMatchObject({ pid: process.pid, command: 'first' });
  await lock.release();
  await takeAndRelease();
});

test('takes over from a process that was killed', async () => {
  const holder = await startHolder();
  expect(await take(holder)).toEqual({ held: true });
  await holder.kill();
  await takeAndRelease();
});

test('lets exactly one of several processes take a stale lock', async () => {
  const dead = await startHolder();
  await take(dead);
  await dead.kill();
  const racers = await Promise.all(Array.from({ length: 5 }, (_, index) => startHolder(`racer ${index}`)));
  const outcomes = (await Promise.all(racers.map(take))) as {
    held: boolean;
    holder?: { pid: number };
  }[];
  const winner = racers[outcomes.findIndex(({ held }) => held)];
  expect(outcomes.filter(({ held }) => held)).toHaveLength(1);
  expect(outcomes.flatMap(({ holder }) => holder?.pid ?? [])).toEqual(Array(4).fill(winner?.child.pid));
}, 600_000);

test('lets exactly one of many callers take a stale lock, again and again', async () => {
  for (let round = 0; round < 20; round += 1) {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, (_, index) => takeLock(`caller ${index}`)),
    );
    const locks = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(locks).toHaveLength(1);
    await locks[0]?.release();
  }
  expect(readdirSync(directory)).toHaveLength(1);
});

const onLinux = process.platform === 'linux' ? test : test.skip;
onLinux('is not held by a process that only has the pid of the holder (needs /proc)', async () => {
  writeHolder({ startMark: 'another boot:1' });
  await takeAndRelease();
});

test('is held on another host until its file has not been touched for long', async () => {
  const path = writeHolder({ host: 'elsewhere', pid: 1 });
  expect((await tryLock(directory, 'here')).holder).toMatchObject({ pid: 1, host: 'elsewhere' });
  const longAgo = new Date(Date.now() - 600_000);
  utimesSync(path, longAgo, longAgo);
  await takeAndRelease();
});

test('is free where a crash of the system has left an empty file', async () => {
  writeFileSync(join(directory, '000003.json'), '');
  await takeAndRelease();
});
