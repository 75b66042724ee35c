import { cpSync, mkdirSync, mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { readConfig } from '../../src/config.js';
import { models, results } from '../../src/db/schema.js';
import { describeModel } from '../../src/exports/describe-model.js';
import { readModelFolder } from '../../src/registry/model-folder.js';
import { pageModels, requireModel } from '../../src/registry/models.js';
import { registerShippedModels } from '../../src/registry/shipped-models.js';
import { decodeTrainingFeatures, loadTrainingFeatures } from '../../src/registry/training-features.js';
import { createNeighbourhoods } from '../../src/evaluation/novelty.js';
import { describeDatabase } from '../support/database.js';

const shipped = readConfig({}).modelsDir;
const root = mkdtempSync(join(tmpdir(), 'gelql-shipped-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A logger that keeps what is said at level warn and above. */
function listeningLogger() {
  const lines: { level: number; model?: string; err?: { code?: string } }[] = [];
  const logger = pino(
    { level: 'warn', base: null },
    { write: (line) => lines.push(JSON.parse(line) as (typeof lines)[number]) },
  );
  return { logger, lines };
}

describeDatabase('shipped models', (open) => {
  test('are registered past one that is damaged, which is named in the log', async () => {
    const modelsDir = join(root, 'damaged');
    mkdirSync(modelsDir);
    cpSync(join(shipped, 'gelql-base'), join(modelsDir, 'gelql-base'), { recursive: true });
    truncateSync(join(modelsDir, 'gelql-base/mobilenet_v3_large/head.safetensors'), 100);
    const { logger, lines } = listeningLogger();
    await registerShippedModels(open(), { modelsDir }, logger);
    const { rows } = await pageModels(open(), {});
    expect(rows.map(({ name, origin }) => [name, origin])).toEqual([['gelql-base-resnet18', 'SHIPPED']]);
    expect(lines).toMatchObject([{ model: 'mobilenet_v3_large', err: { code: 'MODEL_INVALID' } }]);
  });

  test('are all there afterwards, however many servers start and start again', async () => {
    const { logger, lines } = listeningLogger();
    const start = () => registerShippedModels(open(), { modelsDir: shipped }, logger);
    await Promise.all([start(), start(), start()]);
    await start();
    const { rows } = await pageModels(open(), {});
    expect(rows.map(({ name }) => name).sort()).toEqual([
      'gelql-base-mobilenet_v3_large',
      'gelql-base-resnet18',
    ]);
    expect(await open().drizzle.$count(results)).toBe(2);
    expect(lines).toEqual([]);
  });

  test('come out of the database as they went in', async () => {
    const config = readConfig({});
    for (const folder of ['resnet18', 'mobilenet_v3_large']) {
      const original = await readModelFolder(join(shipped, 'gelql-base', folder));
      const model = await requireModel(open(), original.record.name);
      expect(model.digest).toBe(original.record.digest);
      const { backbone, ...described } = await describeModel(open(), config, model);
      expect(described).toEqual(original);
      expect(backbone.sha256).toBe(original.record.backbone.sha256);
    }
  });

  test('know every picture that they were trained on', async () => {
    for (const folder of ['resnet18', 'mobilenet_v3_large']) {
      const { record } = await readModelFolder(join(shipped, 'gelql-base', folder));
      const { id, featureSize } = await requireModel(open(), record.name);
      const stored = await loadTrainingFeatures(open(), id);
      expect(stored?.sha256).toBe(record.trainingFeatures?.sha256);
      const bank = decodeTrainingFeatures(stored!.bytes);
      expect(bank).toMatchObject({ size: featureSize, labels: { length: 1213 } });
      expect(bank.labels.filter((label) => label === 0)).toHaveLength(460);
      expect((await createNeighbourhoods(bank, 2, () => Promise.resolve())).canReject).toBe(true);
      // What is tested with was not trained on.
      const tested = new Set(record.result.scores.map(({ sha256 }) => sha256));
      expect(bank.pictures.filter(({ sha256 }) => tested.has(sha256))).toEqual([]);
    }
  });

  test('are not missed where none are shipped', async () => {
    const before = await open().drizzle.$count(models);
    const { logger, lines } = listeningLogger();
    await registerShippedModels(open(), { modelsDir: join(root, 'nowhere') }, logger);
    expect(await open().drizzle.$count(models)).toBe(before);
    expect(lines).toEqual([]);
  });
});
