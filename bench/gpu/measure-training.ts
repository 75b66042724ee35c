/**
 * Training inside networks on this machine's graphics card: `node measure-training.mjs FIXTURE [--software] [--cases N]`.
 * FIXTURE is fine-tune.json, whose cases are repeated and compared; afterwards epochs are timed. Prints lines of JSON.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readConfig } from '../../src/config.js';
import { ENGINES } from '../../src/compute/engines/table.js';
import type { TrainingBackend } from '../../src/compute/engines/engine.js';
import { TRAINED_PARTS } from '../../src/words/training-settings.js';
import { compareFineTune, type FineTuneCase } from '../../test/support/compare-fine-tune.js';
import { trainFineTuneCase } from '../../test/support/train-fine-tune-case.js';
import { timeEpochs } from '../training/time-epochs.js';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { software: { type: 'boolean', default: false }, networks: { type: 'string' } },
});
const [fixture] = positionals;
if (fixture === undefined) throw new Error('name the file of the cases');
const options = { threads: 8, softwareGpu: flags.software, card: null, cacheDir: readConfig().cacheDir };
const print = (line: object) => console.log(JSON.stringify({ engine: 'webgpu', ...line }));

async function start(): Promise<TrainingBackend> {
  const { training } = await ENGINES.webgpu.create(options);
  if (training === undefined) throw new Error('the engine trains no networks');
  return training;
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { cases: FineTuneCase[] };
const wanted = cases.filter(({ network }) => flags.networks?.split(',').includes(network) ?? true);
for (const one of wanted) {
  const { network, mode, optimizer } = one;
  try {
    const outcome = await trainFineTuneCase(one, (await start()).compile);
    const { tensorsLeft, secondsPerStep } = outcome;
    print({ network, mode, optimizer, ...compareFineTune(one, outcome), tensorsLeft, secondsPerStep });
  } catch (error) {
    print({ network, mode, optimizer, failure: reasonOf(error) });
  }
}
const [pictures, batch, epochs] = [92, 23, 4];
for (const architecture of ['resnet18', 'mobilenet_v3_large'] as const) {
  for (const part of TRAINED_PARTS) {
    try {
      const timed = { architecture, part, pictures, batch, epochs };
      const seconds = await timeEpochs(await start(), timed, async () => undefined);
      print({ architecture, part, pictures, batch, epochSeconds: seconds });
    } catch (error) {
      print({ architecture, part, failure: reasonOf(error) });
    }
  }
}
process.exit(0);
