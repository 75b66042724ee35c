/**
 * How well a model recognises the pictures that it was trained on (docs/near-duplicates.md):
 *   node --import tsx bench/seen-in-training.ts MODEL_FOLDER --trained DIRECTORY... --unseen DIRECTORY... [--copies 100]
 * Plants copies of `--copies` of the model's training pictures, every n-th of those that lie in the first directories, and
 * tells what share of each kind is recognised as the picture that it was made from; then which pictures of the other
 * directories are recognised as a training picture.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createSeenIndex, type FoundPicture } from '../src/classification/seen-in-training.js';
import { formatTable, printResult } from '../src/cli/terminal/output.js';
import { createCompute } from '../src/compute/create-compute.js';
import { readConfig } from '../src/config.js';
import { createNeighbourhoods } from '../src/evaluation/novelty.js';
import { createLogger } from '../src/logger.js';
import { findBackbone } from '../src/networks/weights/backbones.js';
import { readModelFolder } from '../src/registry/model-folder.js';
import { decodeTrainingFeatures } from '../src/registry/training-features.js';
import { COPIES, readCopied } from '../test/support/planted-copies.js';
import { percent } from './serving/figures.js';

/** Smaller pictures would become too small when they are cut and halved. */
const SMALLEST_COPIED = 140;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    trained: { type: 'string', multiple: true, default: [] },
    unseen: { type: 'string', multiple: true, default: [] },
    copies: { type: 'string', default: '100' },
  },
});
const config = readConfig();
const compute = createCompute(config, createLogger('error'));
const { record, trainingFeatures } = await readModelFolder(positionals[0] ?? '');
if (trainingFeatures === undefined) throw new Error(`${record.name} has no training features.`);
const bank = decodeTrainingFeatures(trainingFeatures);
const backbone = await findBackbone(record.backbone.id, config);
const engine = await compute.chooseEngine('CPU', backbone);
const { find } = await createNeighbourhoods(bank, record.classes.length, () => nextTurn());
const findSeen = createSeenIndex(bank, () => nextTurn());
const times: number[] = [];

async function ask(bytes: Uint8Array): Promise<FoundPicture | null> {
  const task = { bytes, page: null, recipe: record.recipe, views: 1, maxPixels: config.maxPixels };
  const { facts, miniature, inputs } = await compute.prepareImage(task, { lane: 'serving' });
  const pass = { engine, backbone, inputs, count: 1, lastMaps: false };
  const { features } = await compute.extractFeatures(pass, { lane: 'serving' });
  const similar = find(features).similar.map(({ index }) => index);
  const startedAt = performance.now();
  const seen = await findSeen({ facts, miniature, similar });
  times.push(performance.now() - startedAt);
  return seen;
}

async function listFiles(directories: readonly string[]): Promise<string[]> {
  const lists = directories.map(async (directory) => {
    const entries = await readdir(directory, { withFileTypes: true, recursive: true });
    return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  });
  return (await Promise.all(lists)).flat().sort();
}

async function showRecall(): Promise<void> {
  const files = new Map<string, string>();
  for (const file of await listFiles(values.trained)) {
    files.set(
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
      file,
    );
  }
  const trained = bank.pictures.filter(({ sha256 }) => files.has(sha256));
  const step = Math.max(1, Math.floor(trained.length / Number(values.copies)));
  const found = new Map<string, number[]>(Object.keys(COPIES).map((kind) => [kind, []]));
  for (const { sha256 } of trained.filter((_, index) => index % step === 0)) {
    const picture = await readCopied(await readFile(files.get(sha256) ?? ''));
    if (Math.min(picture.width, picture.height) < SMALLEST_COPIED) continue;
    for (const [kind, copy] of Object.entries(COPIES)) {
      const seen = await ask(Uint8Array.from(await copy(picture)));
      found.get(kind)?.push(seen === null ? 0 : seen.sha256 === sha256 ? 1 : 2);
    }
  }
  const rows = [...found].map(([kind, outcomes]) => {
    const share = (outcome: number) =>
      percent(outcomes.filter((each) => each === outcome).length / outcomes.length);
    return [kind, String(outcomes.length), share(1), share(2)];
  });
  printResult(formatTable(['kind', 'copies', 'recognised', 'as a twin of it'], rows));
}

async function showUnseen(): Promise<void> {
  const files = await listFiles(values.unseen);
  const claims: string[] = [];
  for (const file of files) {
    const seen = await ask(Uint8Array.from(await readFile(file)));
    if (seen !== null) claims.push(`${file}: ${seen.kind} of ${seen.name}, ${seen.differingBits} bits`);
  }
  printResult(`of ${files.length} pictures that were not trained on, ${claims.length} are recognised`);
  for (const claim of claims) printResult(claim);
}

try {
  printResult(`${record.name}, ${bank.pictures.length} training pictures`);
  await showRecall();
  await showUnseen();
  const sorted = times.sort((left, right) => left - right);
  printResult(`a search: p50 ${sorted[sorted.length >> 1]?.toFixed(2)} ms`);
} finally {
  await compute.close();
}
