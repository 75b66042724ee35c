import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { jest } from '@jest/globals';
import { Command } from 'commander';
import { registerWeightsCommand } from '../../src/cli/weights-command.js';
import { readConfig } from '../../src/config.js';
import {
  type BackboneListing,
  findBackbone,
  loadBackboneTensors,
} from '../../src/networks/weights/backbones.js';
import { DEFAULT_BACKBONE_ID } from '../../src/networks/weights/catalog.js';
import { writeTorchCheckpoint } from '../../src/networks/weights/torch/torch-checkpoint-writer.js';
import { rejection } from '../support/caught-error.js';
import { temporaryPlaces } from '../support/tiny-backbone.js';

let places: Awaited<ReturnType<typeof temporaryPlaces>>;
beforeEach(async () => {
  places = await temporaryPlaces();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await places.remove();
});

/** Runs `gelql weights ...` in this process; returns what it wrote to stdout. */
async function run(args: string[], modelsDir = resolve('models')): Promise<string> {
  const written: string[] = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  const config = readConfig({ GELQL_CACHE_DIR: places.cacheDir, GELQL_MODELS_DIR: modelsDir });
  const program = new Command().exitOverride();
  registerWeightsCommand(program, () => ({ ...config, weightsUrl: 'http://127.0.0.1:9/' }));
  for (const command of program.commands.flatMap((child) => [child, ...child.commands])) {
    command.exitOverride().configureOutput({ writeErr: () => undefined });
  }
  try {
    await program.parseAsync(['weights', ...args], { from: 'user' });
  } finally {
    jest.restoreAllMocks();
  }
  return written.join('');
}

test('list shows what is on this machine and what is not', async () => {
  const text = await run(['list']);
  expect(text).toMatch(/resnet18-gelql-2 +present +shipped +512 +21\.3 MiB/);
  expect(text).toMatch(/vgg16-torchvision-v1 +missing +official +4096 +527\.8 MiB/);
  const listings = JSON.parse(await run(['list', '--json'])) as BackboneListing[];
  expect(listings.map(({ id }) => id)).toEqual([
    'resnet18-gelql-2',
    'mobilenet_v3_large-gelql-1',
    'resnet18-torchvision-v1',
    'vgg16-torchvision-v1',
    'mobilenet_v3_large-torchvision-v1',
    'efficientnet_lite0-imagenet',
  ]);
});

test('verify passes for a sound installation and fails where a shipped file is changed or gone', async () => {
  expect(await run(['verify'])).toContain('present');
  const name = 'resnet18-gelql-2.f16.safetensors';
  const bytes = await readFile(resolve('models/backbones', name));
  bytes[bytes.byteLength - 1] = (bytes[bytes.byteLength - 1] ?? 0) ^ 1;
  await mkdir(join(places.modelsDir, 'backbones'), { recursive: true });
  await writeFile(join(places.modelsDir, 'backbones', name), bytes);
  const error = await rejection(run(['verify'], places.modelsDir));
  expect(error).toMatchObject({
    code: 'WEIGHTS_INVALID',
    facts: { ids: ['resnet18-gelql-2', 'mobilenet_v3_large-gelql-1'] },
  });
});

test('pull of present weights answers at once, and a dead mirror is named', async () => {
  expect(await run(['pull', DEFAULT_BACKBONE_ID])).toContain(`${DEFAULT_BACKBONE_ID} is ready`);
  const error = await rejection(run(['pull', 'resnet18-torchvision-v1']));
  expect(error.code).toBe('DOWNLOAD_FAILED');
  expect(error.message).toContain('http://127.0.0.1:9/resnet18-f37072fd.pth');
});

test('import takes in a file of one’s own with its normalisation', async () => {
  const config = { ...places, modelsDir: resolve('models') };
  const shipped = await findBackbone('mobilenet_v3_large-gelql-1', config);
  const path = join(places.modelsDir, 'mine.pth');
  await mkdir(places.modelsDir, { recursive: true });
  await writeFile(path, writeTorchCheckpoint(await loadBackboneTensors(shipped)));
  const flags = ['--id', 'mine', '--architecture', 'mobilenet_v3_large', '--mean', '0.5,0.4,0.3'];
  const record: unknown = JSON.parse(await run(['import', path, ...flags, '--std', '1,1,1', '--json']));
  expect(record).toEqual(await findBackbone('mine', config));
  expect(record).toMatchObject({ featureSize: 1280, mean: [0.5, 0.4, 0.3], standardDeviation: [1, 1, 1] });
});

test.each([
  ['a mean of two numbers', ['import', 'x', '--mean', '1,2']],
  ['a mean of words', ['import', 'x', '--mean', 'a,b,c']],
  ['a standard deviation of zero', ['import', 'x', '--std', '1,0,1']],
  ['an unknown network', ['import', 'x', '--architecture', 'alexnet']],
  ['a missing name', ['pull']],
])('%s is a usage error', async (_, args) => {
  await expect(run(args)).rejects.toMatchObject({ code: expect.stringMatching(/^commander\./) });
});
