import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { cpus, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { startTensorflow, TENSORFLOW_TRAINING } from '../src/compute/engines/tensorflow.js';
import { applyNativeEnvironment, readConfig } from '../src/config.js';
import { TRAINED_PARTS } from '../src/words/training-settings.js';
import type { Architecture } from '../src/words/architecture.js';
import { timeEpochs } from './training/time-epochs.js';

/**
 * `npm run bench:training -- PEERS`: an epoch of 92 pictures in batches of 23 in every mode, beside PyTorch on the same cores.
 * The two take turns, epoch by epoch. PEERS is the folder of bench/peers/make-environment.sh.
 */

const ARCHITECTURES: Architecture[] = ['resnet18', 'mobilenet_v3_large'];
const LAYOUTS = ['contiguous', 'channels_last'] as const;
const [PICTURES, BATCH] = [92, 23];
/** The first pays for memory and threads, and here for the maps of the frozen side. */
const EPOCHS = 4;

const [peers] = process.argv.slice(2);
if (peers === undefined) throw new Error('name the folder of bench/peers/make-environment.sh');
const config = readConfig();
applyNativeEnvironment(config);
await startTensorflow();

const torch = spawn(join(resolve(peers), 'bin', 'python'), [
  resolve('bench/training/torch_epochs.py'),
  'cpu',
  String(config.threads),
]);
torch.stderr.pipe(process.stderr);
const answers = createInterface({ input: torch.stdout })[Symbol.asyncIterator]();
const readLine = async () => JSON.parse(String((await answers.next()).value)) as Record<string, unknown>;
const { version } = await readLine();

async function timeTorch(network: Architecture, part: string, layout: string): Promise<number> {
  const question = { network, part, layout, pictures: PICTURES, batch: BATCH };
  torch.stdin.write(`${JSON.stringify(question)}\n`);
  return Number((await readLine()).seconds);
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const show = (value: number) => value.toFixed(2).padStart(6);

console.log(
  `PyTorch ${String(version)}, ${cpus().length} cores, load average ${loadavg()[0]?.toFixed(1)} at the start`,
);
console.log(
  'seconds an epoch                    gelql  first   torch  channels_last   gelql : torch  : channels_last',
);
for (const architecture of ARCHITECTURES) {
  for (const part of TRAINED_PARTS) {
    const theirs: Record<string, number[]> = { contiguous: [], channels_last: [] };
    const training = { architecture, part, pictures: PICTURES, batch: BATCH, epochs: EPOCHS };
    const ours = await timeEpochs(TENSORFLOW_TRAINING, training, async (epoch) => {
      for (const layout of LAYOUTS) {
        const seconds = await timeTorch(architecture, part, layout);
        if (epoch > 1) theirs[layout]?.push(seconds);
      }
    });
    const [first = NaN, ...later] = ours;
    const [own, plain, last] = [
      median(later),
      median(theirs.contiguous ?? []),
      median(theirs.channels_last ?? []),
    ];
    console.log(
      `${architecture.padEnd(19)} ${part.padEnd(14)} ${show(own)} ${show(first)}  ${show(plain)}         ${show(last)}` +
        `          ${(own / plain).toFixed(2)}             ${(own / last).toFixed(2)}`,
    );
  }
}
torch.stdin.end();
