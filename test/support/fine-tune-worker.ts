import { readConfig } from '../../src/config.js';
import { parentPort, workerData } from 'node:worker_threads';
import { ENGINES } from '../../src/compute/engines/table.js';
import type { FineTuneQuestion } from './fine-tune-case.js';
import { trainFineTuneCase } from './train-fine-tune-case.js';

const { fixture, engine: name } = workerData as FineTuneQuestion;
const engine = await ENGINES[name].create({
  threads: 2,
  softwareGpu: true,
  card: null,
  cacheDir: readConfig().cacheDir,
});
if (engine.training === undefined) throw new Error(`${name} trains no networks`);
parentPort?.postMessage(await trainFineTuneCase(fixture, engine.training.compile));
