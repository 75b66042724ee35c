import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectMachine, type DoctorReport } from '../../src/cli/doctor-report.js';
import { formatDoctorReport } from '../../src/cli/format-doctor-report.js';
import { ENGINE_NAMES } from '../../src/words/device.js';
import { readConfig } from '../../src/config.js';

describe('inspecting this machine', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'gelql-doctor-'));
    await mkdir(join(root, 'cache', 'features', 'ab'), { recursive: true });
    await writeFile(join(root, 'cache', 'features', 'ab', 'one'), Buffer.alloc(3000));
    await writeFile(join(root, 'cache', 'features', 'two'), Buffer.alloc(500));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  it('finds engines, weights, folders and an engine for training, and touches no database', async () => {
    const config = readConfig({ GELQL_CACHE_DIR: join(root, 'cache'), GELQL_DATA_DIR: join(root, 'data') });
    const report = await inspectMachine(config, { measure: false });
    expect(report.engines.map(({ engine }) => engine)).toEqual([...ENGINE_NAMES]);
    expect(
      report.engines.every(
        ({ available, version, reason }) => available === (reason === null && version !== null),
      ),
    ).toBe(true);
    expect(report.trainingEngines.find(({ device }) => device === 'CPU')?.engine).toMatch(
      /^(tensorflow|wasm)$/,
    );
    expect(report.trainingEngines.find(({ device }) => device === 'GPU')).toMatchObject({
      engine: null,
      reason: expect.stringMatching(/GPU/),
    });
    expect(report.folders).toContainEqual({ path: join(root, 'cache', 'features'), sizeBytes: 3500 });
    expect(report.database.description).toBe(`in ${join(root, 'data')} (made at the first start)`);
    expect(report.backbones.map(({ id }) => id)).toContain('vgg16-torchvision-v1');
  });

  it('says what is wrong with a PostgreSQL that does not answer, without its password', async () => {
    const config = readConfig({
      GELQL_CACHE_DIR: join(root, 'cache'),
      DATABASE_URL: 'postgres://someone:secret@127.0.0.1:1/gelql',
    });
    const { database } = await inspectMachine(config, { measure: false });
    expect(database).toMatchObject({ mode: 'url', isUsable: false });
    expect(database.description).toMatch(/127\.0\.0\.1:1/);
    expect(database.description).not.toMatch(/secret/);
  });
});

describe('the report for people', () => {
  const report: DoctorReport = {
    gelqlVersion: '1.2.3',
    nodeVersion: 'v20.9.0',
    platform: 'linux x64',
    cpu: 'Some CPU x 8',
    threads: 8,
    maxDelayMs: 0,
    memory: { totalBytes: 4 * 1024 ** 3, freeBytes: 1024 ** 3 },
    database: { mode: 'own', isUsable: true, description: 'PostgreSQL 18.4 answers' },
    engines: [
      {
        engine: 'tensorflow',
        device: 'CPU',
        available: false,
        version: null,
        reason: 'not set up: run `gelql setup tensorflow`',
        measurements: [],
        batchLimits: [],
      },
      {
        engine: 'wasm',
        device: 'CPU',
        available: true,
        version: 'tfjs-wasm 4.22.0',
        reason: null,
        measurements: [
          { backboneId: 'resnet18-gelql-2', batchSize: 1, msPerPicture: 122.74 },
          { backboneId: 'resnet18-gelql-2', batchSize: 8, msPerPicture: 99.96 },
        ],
        batchLimits: [{ backboneId: 'resnet18-gelql-2', maxBatch: 4 }],
      },
    ],
    choices: [{ device: 'CPU', backboneId: 'resnet18-gelql-2', engine: 'wasm', reason: null }],
    trainingEngines: [
      { device: 'CPU', engine: 'wasm', reason: null },
      { device: 'GPU', engine: null, reason: 'no engine' },
    ],
    backbones: [
      { id: 'resnet18-gelql-2', origin: 'shipped', state: 'present', problem: null, sizeBytes: 22_381_256 },
      {
        id: 'vgg16-torchvision-v1',
        origin: 'official',
        state: 'missing',
        problem: 'not fetched',
        sizeBytes: 2 ** 29,
      },
    ],
    folders: [{ path: '/cache/features', sizeBytes: 2 ** 20 }],
  };

  it('shows everything in aligned columns', () => {
    expect(formatDoctorReport(report)).toBe(
      `
gelql     1.2.3
Node.js   v20.9.0 on linux x64
CPU       Some CPU x 8 (an engine may use 8 threads)
batches   a picture waits 0 ms at most for company
memory    4096.0 MiB, 1024.0 MiB free
database  PostgreSQL 18.4 answers

engine      device  state      version, or why it is absent
----------  ------  ---------  ----------------------------------------
tensorflow  CPU     absent     not set up: run \`gelql setup tensorflow\`
wasm        CPU     available  tfjs-wasm 4.22.0

backbone          engine  device  ms/picture  in batches of 8  max batch
----------------  ------  ------  ----------  ---------------  ---------  ------
resnet18-gelql-2  wasm    CPU          122.7       100.0               4  chosen

device  work              engine
------  ----------------  ---------------
CPU     resnet18-gelql-2  wasm
CPU     head training     wasm
GPU     head training     none: no engine

backbone              state    size
--------------------  -------  ---------  ----------------------------------------------------
resnet18-gelql-2      present   21.3 MiB
vgg16-torchvision-v1  missing  512.0 MiB  not fetched: gelql weights pull vgg16-torchvision-v1

cache            size
---------------  ---------
/cache/features    1.0 MiB
`.trim(),
    );
  });

  it('does not repeat for each kind of work why all engines of a device are absent', () => {
    const engines = report.engines.map((row) => ({ ...row, available: false, reason: 'a long story' }));
    const trainingEngines = [{ device: 'CPU' as const, engine: null, reason: 'tensorflow: a long story' }];
    const lines = formatDoctorReport({ ...report, engines, trainingEngines }).split('\n');
    expect(lines.filter((line) => line.includes('a long story'))).toHaveLength(engines.length);
    expect(lines).toContain('CPU     head training     none: all engines for the CPU are absent');
  });

  it('says so where nothing was measured and the database cannot be used', () => {
    const engines = report.engines.map((engine) => ({ ...engine, measurements: [] }));
    const database = { mode: 'url', isUsable: false, description: 'refused' } as const;
    const text = formatDoctorReport({ ...report, engines, database, folders: [] });
    expect(text).toMatch(/^database {2}NOT USABLE: refused$/m);
    expect(text).toMatch(/^No engine was measured yet: gelql doctor --measure$/m);
    expect(text).not.toMatch(/cache/);
  });
});
