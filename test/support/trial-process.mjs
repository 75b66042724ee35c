import { appendFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';

/*
 * A trial process whose engines behave as they are told: the backbone's id says what happens when it is measured.
 * Every question is noted in questions.log beside the backbone's file. Plain JavaScript, because it starts often.
 */

const BATCH_SIZES = [1, 2, 4, 8];
/** At these sizes, by engine; `gaining` is the backbone that onnxruntime computes faster in batches. */
const MS_PER_PICTURE = { onnxruntime: [10, 40, 40, 40], wasm: [100, 100, 100, 100] };
const GAINING = [60, 50, 42, 40];

function probe(engine) {
  if (engine !== 'tensorflow')
    return { kind: 'probed', result: { available: true, version: `${engine} 1.0` } };
  process.stderr.write('an instruction that this processor does not have\n');
  process.kill(process.pid, 'SIGILL');
  return null;
}

function measure({ engine, backbone, limits }) {
  appendFileSync(join(dirname(backbone.file), 'questions.log'), `${engine} ${backbone.id}\n`);
  if (backbone.id === 'unloadable' || backbone.id === `crashes ${engine}`) process.exit(7);
  if (backbone.id === 'endless') return null;
  const figures = backbone.id === 'gaining' && engine === 'onnxruntime' ? GAINING : MS_PER_PICTURE[engine];
  const timings = figures.map((msPerPicture, place) => ({ batchSize: BATCH_SIZES[place], msPerPicture }));
  if (backbone.id === 'dies in large batches' || backbone.id === 'hangs in large batches') {
    for (const timing of timings.slice(0, 2)) process.send({ kind: 'timed', timing });
    if (backbone.id.startsWith('dies')) setTimeout(() => process.exit(7), 20);
    return null;
  }
  return {
    kind: 'measured',
    failure: null,
    timings: figures[0] <= limits.hopelessMs ? timings : timings.slice(0, 1),
  };
}

process.on('message', (request) => {
  const answer = request.kind === 'probe' ? probe(request.engine) : measure(request);
  if (answer !== null) process.send(answer);
});
