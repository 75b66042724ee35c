/**
 * The engine alone in a process of its own, with the threads that the server gives it, one batch after another.
 * Started by raw-engine-client.ts with the question as a message.
 */
import { readConfig } from '../../src/config.js';
import { startEngine } from '../../src/compute/worker-engine.js';
import { INPUT_PIXELS } from '../../src/words/picture.js';
import type { RawEngineQuestion } from './raw-engine-client.js';

async function measure(question: RawEngineQuestion): Promise<number> {
  const { engine, threads, backbone, batchSize, durationMs } = question;
  const { sessions } = await startEngine(engine, {
    threads,
    softwareGpu: false,
    card: null,
    cacheDir: readConfig().cacheDir,
  });
  const session = await sessions.get(backbone);
  const inputs = Uint8Array.from({ length: batchSize * INPUT_PIXELS }, (_, index) => (index * 31) & 255);
  const run = () => session.extractFeatures(inputs, batchSize, { lastMaps: false });
  for (let count = 0; count < 3; count += 1) await run();
  const startedAt = performance.now();
  let pictures = 0;
  while (performance.now() - startedAt < durationMs) {
    await run();
    pictures += batchSize;
  }
  return pictures / ((performance.now() - startedAt) / 1000);
}

process.on('message', (question: RawEngineQuestion) => {
  void measure(question).then((perSecond) => process.send?.(perSecond, () => process.exit(0)));
});
