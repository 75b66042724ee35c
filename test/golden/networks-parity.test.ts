import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ENGINE_NAMES } from '../../src/words/device.js';
import { deviceOf } from '../../src/compute/engines/table.js';
import { describeEngine, startEngineThread, type EngineThread } from '../support/engine-thread.js';
import type { Architecture } from '../../src/words/architecture.js';

const FIXTURE = resolve('../shared/fixtures/torchvision-parity.json');
const TOLERANCE = 1e-4;
const VGG16_TIMEOUT_MS = 120_000;

interface ModelFixture {
  features_shape: [number, number];
  logits_shape: [number, number];
  features_first16: number[][];
  logits_first16: number[][];
  features_sum: number[];
  features_norm: number[];
}
interface Fixture {
  salt: number;
  models: Record<Architecture, ModelFixture>;
}
const fixture: Fixture | null = existsSync(FIXTURE) ? JSON.parse(readFileSync(FIXTURE, 'utf8')) : null;

const CASES: { architecture: Architecture; planes: 1 | 3; maps: number }[] = [
  { architecture: 'resnet18', planes: 1, maps: 7 * 7 * 512 },
  { architecture: 'resnet18', planes: 3, maps: 7 * 7 * 512 },
  { architecture: 'mobilenet_v3_large', planes: 1, maps: 7 * 7 * 960 },
  { architecture: 'mobilenet_v3_large', planes: 3, maps: 7 * 7 * 960 },
  { architecture: 'vgg16', planes: 1, maps: 7 * 7 * 512 },
];

/** The largest difference from the expected first values, relative to the largest of them in each row. */
function differenceOfFirst(actual: Float32Array, expected: readonly number[][]): number {
  const size = actual.length / expected.length;
  return Math.max(
    ...expected.map((row, index) => {
      const largest = Math.max(...row.map(Math.abs));
      const differences = row.map((value, column) =>
        Math.abs((actual[index * size + column] ?? NaN) - value),
      );
      return Math.max(...differences) / largest;
    }),
  );
}

function rowSums(values: Float32Array, rows: number, term: (value: number) => number): number[] {
  const size = values.length / rows;
  return Array.from({ length: rows }, (_, row) =>
    values.subarray(row * size, (row + 1) * size).reduce((sum, value) => sum + term(value), 0),
  );
}

function relativeDifference(actual: number[], expected: readonly number[]): number {
  return Math.max(...expected.map((value, index) => Math.abs((actual[index] ?? NaN) / value - 1)));
}

if (fixture === null) {
  describe.skip('parity with torchvision (needs ../shared/fixtures/torchvision-parity.json)', () => {
    it('is measured on every engine', () => undefined);
  });
} else {
  // A card that the processor emulates would take minutes: bench/gpu holds a real one against the processor.
  const cpuEngines = ENGINE_NAMES.filter((name) => deviceOf(name) === 'CPU');
  // What `tensorflow_gpu` makes of a network runs on the build for processors, too.
  for (const engine of [...cpuEngines, 'tensorflow_gpu'] as const) {
    const describeHere = await describeEngine(engine === 'tensorflow_gpu' ? 'tensorflow' : engine);
    describeHere(`parity of ${engine} with torchvision`, () => {
      let thread: EngineThread;
      beforeAll(() => {
        thread = startEngineThread(engine);
      });
      afterAll(() => thread.close());

      it.each(CASES)(
        'reproduces features and logits of $architecture fed with $planes plane(s)',
        async ({ architecture, planes, maps }) => {
          const expected = fixture.models[architecture];
          const answer = await thread.ask({ kind: 'formula', architecture, planes, salt: fixture.salt });
          const [count, size] = expected.features_shape;
          expect(answer.features).toHaveLength(count * size);
          expect(answer.logits).toHaveLength(count * 1000);
          expect(answer.lastMaps).toHaveLength(count * maps);
          expect(differenceOfFirst(answer.features, expected.features_first16)).toBeLessThan(TOLERANCE);
          expect(differenceOfFirst(answer.logits, expected.logits_first16)).toBeLessThan(TOLERANCE);
          const sums = rowSums(answer.features, count, (value) => value);
          const norms = rowSums(answer.features, count, (value) => value * value).map(Math.sqrt);
          expect(relativeDifference(sums, expected.features_sum)).toBeLessThan(TOLERANCE);
          expect(relativeDifference(norms, expected.features_norm)).toBeLessThan(TOLERANCE);
        },
        VGG16_TIMEOUT_MS,
      );
    });
  }
}
