import { appendFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';

/*
 * A trial process whose engines behave as they are told: the backbone's id says what happens when it is measured.
 * Every question is noted in questions.log beside the backbone's file. Plain JavaScript, because it starts often.
 */

/** At batch 1 and at batch 8. */
const MS_PER_PICTURE = { onnxruntime: [10, 40], wasm: [100, 100] };

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
  const [alone, batched] = MS_PER_PICTURE[engine];
  const timings = [{ batchSize: 1, msPerPicture: alone }];
  if (alone <= limits.hopelessMs) timings.push({ batchSize: 8, msPerPicture: batched });
  return { kind: 'measured', timings };
}

process.on('message', (request) => {
  const answer = request.kind === 'probe' ? probe(request.engine) : measure(request);
  if (answer !== null) process.send(answer);
});
