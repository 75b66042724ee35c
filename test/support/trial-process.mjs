import { appendFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';

/*
 * The worker of a trial process whose engines behave as they are told: the backbone's id says what happens when it is measured.
 * Every question is noted in questions.log beside the backbone's file. Plain JavaScript, because it starts often.
 */

const BATCH_SIZES = [1, 2, 4, 8];
/** At these sizes, by engine; `gaining` is the backbone that onnxruntime computes faster in batches. */
const MS_PER_PICTURE = { onnxruntime: [10, 40, 40, 40], wasm: [100, 100, 100, 100] };
const GAINING = [60, 50, 42, 40];

const settle = (value) => ({ ok: true, value });
const never = new Promise(() => undefined);

function probe({ engine }) {
  if (engine !== 'tensorflow') return settle({ available: true, version: `${engine} 1.0` });
  process.stderr.write('an instruction that this processor does not have\n');
  process.kill(process.pid, 'SIGILL');
  return never;
}

function measure({ engine, backbone, limits }, { send }) {
  appendFileSync(join(dirname(backbone.file), 'questions.log'), `${engine} ${backbone.id}\n`);
  if (backbone.id === 'unloadable' || backbone.id === `crashes ${engine}`) process.exit(7);
  if (backbone.id === 'endless') return never;
  const figures = backbone.id === 'gaining' && engine === 'onnxruntime' ? GAINING : MS_PER_PICTURE[engine];
  const timings = figures.map((msPerPicture, place) => ({ batchSize: BATCH_SIZES[place], msPerPicture }));
  if (backbone.id === 'dies in large batches' || backbone.id === 'hangs in large batches') {
    for (const timing of timings.slice(0, 2)) send(timing);
    if (backbone.id.startsWith('dies')) setTimeout(() => process.exit(7), 20);
    return never;
  }
  return settle({ failure: null, timings: figures[0] <= limits.hopelessMs ? timings : timings.slice(0, 1) });
}

export const createTasks = () => [
  { name: 'probeEngine', run: async (input) => probe(input) },
  { name: 'measureEngine', run: async (input, context) => measure(input, context) },
];
