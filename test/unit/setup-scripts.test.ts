import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeTemporaryDirectory } from '../support/miniature-tensorflow.js';

/** Stands for the compiled command line: says how it was called, fails where it is told to. */
const CLI = `
console.log('called with', process.argv.slice(2).join(' '), process.env.TF_CPP_MIN_LOG_LEVEL);
if (process.argv[2] === 'setup') process.exitCode = SETUP_CODE;
`;
const MANIFEST = {
  name: 'clone',
  version: '1.0.0',
  type: 'module',
  scripts: { build: 'node build.mjs', demo: 'node scripts/demo.mjs' },
  dependencies: { leaf: 'file:leaf' },
};
const LOCK = {
  ...{ name: 'clone', version: '1.0.0', lockfileVersion: 3, requires: true },
  packages: {
    '': { name: 'clone', version: '1.0.0', dependencies: { leaf: 'file:leaf' } },
    leaf: { version: '1.0.0' },
    'node_modules/leaf': { resolved: 'leaf', link: true },
    'node_modules/elsewhere': { version: '1.0.0', optional: true, os: ['none'] },
  },
};

describe('the two commands of the README, in a clone with a tiny product', () => {
  let clone: string;

  const write = (path: string, content: string | object) =>
    writeFileSync(join(clone, path), typeof content === 'string' ? content : JSON.stringify(content));

  beforeAll(() => {
    clone = makeTemporaryDirectory();
    for (const name of ['scripts', 'bin']) cpSync(resolve(name), join(clone, name), { recursive: true });
    for (const name of ['src', 'leaf']) mkdirSync(join(clone, name));
    write('package.json', MANIFEST);
    write('package-lock.json', LOCK);
    write('leaf/package.json', { name: 'leaf', version: '1.0.0' });
    for (const name of ['tsconfig.json', 'tsconfig.build.json']) write(name, {});
    write('src/cli.ts', CLI.replace('SETUP_CODE', '0'));
    write(
      'build.mjs',
      "import fs from 'node:fs'; fs.mkdirSync('dist'); fs.copyFileSync('src/cli.ts', 'dist/cli.js');",
    );
  });
  afterAll(() => rmSync(clone, { recursive: true, force: true }));

  const node = (...args: string[]) => spawnSync(process.execPath, args, { cwd: clone, encoding: 'utf8' });

  it('the launcher names the build where there is none', () => {
    const { status, stderr } = node('bin/gelql.mjs');
    expect(status).toBe(1);
    expect(stderr).toBe('gelql is not built yet: run `npm run build`\n');
  });

  it('the first call installs the packages, builds, sets up, then runs the demo with its arguments', () => {
    const { status, stdout, stderr } = node('scripts/demo.mjs', '--port', '0');
    expect({ status, lines: stdout.split('\n').filter((line) => line.startsWith('called')) }).toEqual({
      status: 0,
      lines: ['called with demo --port 0 2'],
    });
    expect(stderr).toMatch(/installing the packages[^]*building dist\/[^]*called with setup tensorflow/);
    expect(existsSync(join(clone, 'node_modules', 'leaf'))).toBe(true);
  });

  it('the second call goes straight to the demo', () => {
    const { stdout, stderr } = node('scripts/demo.mjs');
    expect(stdout).toBe('called with demo 2\n');
    expect(stderr).toBe('called with setup tensorflow 2\n');
  });

  it('a changed source is built again, and a failing set-up does not stop the demo', () => {
    write('src/cli.ts', CLI.replace('SETUP_CODE', '1'));
    const { status, stdout, stderr } = node('scripts/demo.mjs');
    expect(status).toBe(0);
    expect(stdout).toBe('called with demo 2\n');
    expect(stderr).toMatch(/building dist\/[^]*continuing without the tensorflow engine/);
    expect(stderr).not.toContain('installing');
  });

  it('packages are installed again when the lock file asks for another version', () => {
    write('leaf/package.json', { name: 'leaf', version: '1.0.1' });
    write('package-lock.json', { ...LOCK, packages: { ...LOCK.packages, leaf: { version: '1.0.1' } } });
    expect(node('scripts/prepare.mjs', '--no-setup').stderr).toContain('installing the packages');
    expect(node('scripts/prepare.mjs', '--no-setup').stderr).toBe('');
  });

  it('a Node that is too old is told apart before anything else', () => {
    const older = 'Object.defineProperty(process,"versions",{value:{...process.versions,node:"18.19.0"}})';
    const { status, stderr } = node('--import', `data:text/javascript,${older}`, 'scripts/demo.mjs');
    expect(status).toBe(1);
    expect(stderr).toBe(
      'gelql: needs Node.js 20.9 or later, this is 18.19.0: install a current one from nodejs.org\n',
    );
  });

  it('a failing build ends with one line and no demo', () => {
    write('build.mjs', 'process.exitCode = 2;');
    write('src/cli.ts', '// changed');
    const { status, stdout, stderr } = node('scripts/demo.mjs');
    expect(status).toBe(1);
    expect(stdout).not.toContain('called');
    expect(stderr).toMatch(/gelql: the build failed: see above\n$/);
  });
});

describe('the closing line of the tests', () => {
  it('counts passed, failed and skipped tests, and a file that cannot run as failed', () => {
    const directory = makeTemporaryDirectory();
    writeFileSync(join(directory, 'package.json'), '{}');
    writeFileSync(
      join(directory, 'some.test.js'),
      "it('a', () => {}); it('b', () => {}); it('c', () => { throw new Error('c'); }); it.skip('d', () => {}); it.todo('e');",
    );
    writeFileSync(join(directory, 'broken.test.js'), 'this is not JavaScript');
    const { stdout } = spawnSync(
      process.execPath,
      [
        resolve('node_modules/jest/bin/jest.js'),
        ...['--rootDir', directory, '--config', '{"transform":{}}', '--no-cache'],
        ...['--reporters=default', `--reporters=${resolve('scripts/summary-reporter.mjs')}`],
      ],
      { cwd: directory, encoding: 'utf8' },
    );
    rmSync(directory, { recursive: true, force: true });
    expect(stdout.trim().split('\n').at(-1)).toBe('2 passed, 2 failed, 2 skipped');
  });
});
