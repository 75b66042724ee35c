import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import {
  canBuildMiniature,
  makeTemporaryDirectory,
  makeTfjsNodePackage,
  makeWheel,
  wheelName,
} from '../support/miniature-tensorflow.js';

const SETUP_URL = pathToFileURL(resolve('src/setup/tensorflow/setup-tensorflow.ts')).href;
const PACKAGE_URL = pathToFileURL(resolve('src/setup/tensorflow/tfjs-node-package.ts')).href;

/** Prints the outcome, or code and message of the error, as one JSON line. */
const DRIVER = `
import { setupTensorflow } from '${SETUP_URL}';
import { readTfjsNodePackage } from '${PACKAGE_URL}';
const { tfjsDirectory, ...options } = JSON.parse(process.argv[1]);
const controller = new AbortController();
process.once('SIGTERM', () => controller.abort());
const answer = await setupTensorflow({
  ...options,
  tfjs: readTfjsNodePackage(tfjsDirectory),
  signal: controller.signal,
  onProgress: (line) => console.error(line),
}).catch(({ code, message }) => ({ code, message }));
console.log(JSON.stringify(answer));
`;

const ask = (program: string, ...args: string[]) =>
  spawnSync(program, args, { encoding: 'utf8' }).stdout.trim();

/** The interpreter itself: what the PATH names may be a script that needs the whole PATH. */
const PYTHON = canBuildMiniature ? ask('python3', '-c', 'import sys; print(sys.executable)') : '';

interface Answer {
  status?: string;
  code?: string;
  message?: string;
}

(canBuildMiniature ? describe : describe.skip)(
  'setup in a process of its own (needs Linux, python3, g++)',
  () => {
    let directory: string;
    let root: string;
    const children: ChildProcess[] = [];

    beforeEach(() => {
      directory = makeTemporaryDirectory();
      root = join(directory, 'cache', 'tensorflow');
      makeTfjsNodePackage(join(directory, 'miniature'));
      mkdirSync(join(directory, 'bin'));
    });
    afterEach(() => {
      for (const child of children.splice(0)) child.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    });

    /** Puts a program on the PATH of the child: the real one, or a shell script in its place. */
    function provide(name: string, script = ''): void {
      const real = name === 'python3' ? PYTHON : ask('sh', '-c', `command -v ${name}`);
      const path = join(directory, 'bin', name);
      writeFileSync(path, `#!/bin/sh\n${script}\nexec ${real} "$@"\n`);
      chmodSync(path, 0o755);
    }

    /** A python3 whose pip does what `onDownload` says; everything else is the real one. */
    function providePip(onDownload: string): void {
      provide(
        'python3',
        `if [ "$1" = -m ]; then
         [ "$3" = --version ] && exit 0
         while [ "$1" != --dest ]; do shift; done
         dest=$2
         ${onDownload}
       fi`,
      );
    }

    function start(options: Record<string, unknown> = {}): { child: ChildProcess; answer: Promise<Answer> } {
      const all = {
        cacheDir: join(directory, 'cache'),
        tfjsDirectory: join(directory, 'miniature'),
        ...options,
      };
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', '--input-type=module', '-e', DRIVER, JSON.stringify(all)],
        { env: { PATH: join(directory, 'bin') }, stdio: ['ignore', 'pipe', 'ignore'] },
      );
      children.push(child);
      let text = '';
      child.stdout?.setEncoding('utf8').on('data', (part: string) => (text += part));
      const answer = once(child, 'close').then(() => (text === '' ? {} : (JSON.parse(text) as Answer)));
      return { child, answer };
    }

    const listCache = () => (existsSync(root) ? readdirSync(root) : []);

    async function waitForDownload(child: ChildProcess): Promise<string> {
      while (child.exitCode === null) {
        const work = listCache().find((name) => existsSync(join(root, name, 'pip-temporary', 'partial')));
        if (work !== undefined) return join(root, work);
        await sleep(20);
      }
      throw new Error(`the set-up ended with ${child.exitCode} before it downloaded anything`);
    }

    it('names the missing compiler and how to install it', async () => {
      for (const name of ['python3', 'env']) provide(name);
      const { code, message } = await start().answer;
      expect(code).toBe('SETUP_FAILED');
      expect(message).toMatch(
        /needs a C\+\+ compiler \(apt install g\+\+, dnf install gcc-c\+\+, xcode-select --install\)/,
      );
      expect(message).not.toContain('\n');
      expect(listCache()).toEqual([]);
    });

    it('names everything that is missing in one line', async () => {
      const { message } = await start().answer;
      expect(message).toMatch(/needs python3 \(.*\) and pip \(.*\) and a C\+\+ compiler \(.*\)/);
    });

    it('says how to go on where pip does not reach its index', async () => {
      for (const name of ['env', 'g++']) provide(name);
      providePip(`echo "WARNING: Retrying after connection broken by 'NewConnectionError'" >&2; exit 1`);
      const { code, message } = await start().answer;
      expect(code).toBe('SETUP_FAILED');
      expect(message).toContain('the package index cannot be reached');
      expect(message).toMatch(/PIP_INDEX_URL.*bring tensorflow.*-2\.18\.1-.*--wheel FILE/);
      expect(listCache()).toEqual([]);
    });

    it("passes pip's own complaint on", async () => {
      for (const name of ['env', 'g++']) provide(name);
      providePip('echo "ERROR: No matching distribution found for this" >&2; exit 1');
      const { message } = await start({ version: '9.9.9' }).answer;
      expect(message).toContain('(ERROR: No matching distribution found for this)');
    });

    it('refuses what a mirror serves in the place of a pinned version, under whatever name', async () => {
      for (const name of ['env', 'g++']) provide(name);
      providePip(`echo forged > "$dest/${wheelName('2.18.1', 'cp312')}"; exit 0`);
      const { code, message } = await start().answer;
      expect(code).toBe('SETUP_FAILED');
      expect(message).toContain('is not the published file');
      expect(listCache()).toEqual([]);
    });

    it('installs what pip brings, and needs no PATH beyond python3, env and the compiler', async () => {
      const wheel = makeWheel(directory);
      provide('env');
      provide('g++', `PATH='${process.env.PATH ?? ''}'`);
      providePip(`/bin/cp '${wheel}' "$dest"; exit 0`);
      expect(await start({ version: '9.9.9' }).answer).toMatchObject({
        status: 'installed',
        version: '9.9.9',
      });
      expect(listCache()).toHaveLength(1);
    });

    it('starts clean after a process that was killed in the middle of its download', async () => {
      const wheel = makeWheel(directory);
      provide('env');
      provide('g++', `PATH='${process.env.PATH ?? ''}'`);
      providePip('echo part > "$TMPDIR/partial"; exec /bin/sleep 60');
      const { child, answer } = start({ version: '9.9.9' });
      const abandoned = await waitForDownload(child);
      child.kill('SIGKILL');
      expect(await answer).toEqual({});
      expect(existsSync(abandoned)).toBe(true);
      expect(await start({ wheel }).answer).toMatchObject({ status: 'installed' });
      expect(existsSync(abandoned)).toBe(false);
      expect(listCache()).toHaveLength(1);
    });

    it('removes its own traces when it is told to stop', async () => {
      for (const name of ['env', 'g++']) provide(name);
      providePip('echo part > "$TMPDIR/partial"; exec /bin/sleep 60');
      const { child, answer } = start({ version: '9.9.9' });
      await waitForDownload(child);
      child.kill('SIGTERM');
      expect(await answer).toMatchObject({ code: 'CANCELLED' });
      expect(listCache()).toEqual([]);
    });
  },
);
