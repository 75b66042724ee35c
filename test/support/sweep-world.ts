import { storeArtifact } from '../../src/db/artifacts.js';
import type { Database } from '../../src/db/client.js';
import type { TrainingConfiguration } from '../../src/words/training-configuration.js';
import { appendEpochs, finishRun, insertRun, startRun } from '../../src/runs/training-runs.js';
import { evaluateAnswers, makeAnswers } from './chart-rows.js';
import { configuration, insertTestDataset, registerTestModel } from './registry-rows.js';
import { insertTestSweep } from './sweep-rows.js';
import { drawPattern } from './training-world.js';
import { TRAINED } from './epoch.js';

/** Would be seen in any page that took it for markup. */
export const HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1<script>\'&"\u0001';
export const CLASSES = ['gel', 'not_gel'];

/** A run with two epochs whose model answered 12 test pictures, or as many as asked for; the first of them is kept in the database. */
export async function addTrainedRun(
  database: Database,
  {
    name,
    datasetId,
    pictureName = 'test/gel/0.png',
    changes = {},
    classes = CLASSES,
    answerCount = 12,
  }: {
    name: string;
    datasetId: string;
    pictureName?: string;
    changes?: Partial<TrainingConfiguration>;
    classes?: readonly string[];
    answerCount?: number;
  },
): Promise<string> {
  const whole = { ...configuration, ...changes };
  const { id } = await insertRun(database, { fingerprint: 'made up', datasetId, configuration: whole, name });
  const run = (await startRun(database, id))!;
  const epochs = [1, 2].map((number) => ({
    number,
    trainLoss: 0.5 / number,
    trainAccuracy: 0.7,
    validationLoss: 0.6,
    validationAccuracy: 0.5,
  }));
  await appendEpochs(database, run, epochs, { stage: 'TRAINING_HEAD', stageProgress: 1 });
  const sha256 = await storeArtifact(database, 'picture', await drawPattern('bands', 1));
  const scores = makeAnswers(classes, answerCount).map((answer, index) => ({
    ...answer,
    groupKey: answer.name,
    ...(index === 0 ? { sha256, name: pictureName } : {}),
  }));
  const evaluation = evaluateAnswers(classes, scores);
  await registerTestModel(database, { name, runId: id, configuration: changes, evaluation, scores });
  await finishRun(database, run, TRAINED);
  return id;
}

/** Two trained parts, one of them with hostile names, one that waits and one that was refused. @returns the sweep's id */
export async function insertHostileSweep(database: Database): Promise<string> {
  const { id: datasetId } = await insertTestDataset(database, `data ${HOSTILE}`);
  const first = await addTrainedRun(database, { name: 'first', datasetId });
  const second = await addTrainedRun(database, {
    name: HOSTILE.replaceAll(/[/\u0001]/g, ''),
    datasetId,
    pictureName: `test/gel/${HOSTILE}.png`,
    changes: { seed: 2 },
  });
  const { id: waiting } = await insertRun(database, {
    fingerprint: 'made up',
    datasetId,
    configuration,
    name: 'waiting',
  });
  const refusal = { code: 'DEVICE_UNAVAILABLE' as const, message: `No GPU ${HOSTILE}`, facts: {} };
  const runs = [first, second, waiting].map((runId) => ({ runId }));
  return insertTestSweep(database, {
    name: `grid ${HOSTILE}`,
    datasetId,
    parts: [...runs, { refusal, configuration: { device: 'GPU' } }],
  });
}
