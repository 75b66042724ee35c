import type { GelqlError } from '../../src/errors.js';
import { resolveConfiguration } from '../../src/runs/resolve-configuration.js';
import type { StartTrainingRequest } from '../../src/training/start-training.js';
import { pageRuns } from '../../src/runs/training-runs.js';
import { caughtError, rejection } from '../support/caught-error.js';
import { openTestDatabase } from '../support/database.js';
import { openTrainingWorld, patternNames } from '../support/training-world.js';

const database = await openTestDatabase();
const world = await openTrainingWorld(database);
const large = await world.importPatterns(patternNames('', ['bands', 'rings'], 4), { name: 'large' });
await world.importPatterns(['bands/30', 'rings/30'], { name: 'small' });
await world.importPatterns([...patternNames('train/', ['bands', 'rings'], 3, 60), 'test/bands/70'], {
  name: 'lopsided',
});
afterAll(async () => {
  await world.close();
  await database.close();
});

const refusals: [string, StartTrainingRequest, GelqlError['code'], string][] = [
  ['two pictures', { dataset: 'small' }, 'DATASET_TOO_SMALL', 'picture'],
  ['a test without one of the classes', { dataset: 'lopsided' }, 'DATASET_TOO_SMALL', 'test with'],
  ['no test at all', { dataset: 'large', testFraction: 0 }, 'DATASET_TOO_SMALL', 'test fraction'],
  [
    'weights that are not here',
    { dataset: 'large', backboneId: 'vgg16-torchvision-v1' },
    'WEIGHTS_MISSING',
    'vgg16',
  ],
  ['weights that nobody knows', { dataset: 'large', backboneId: 'vgg99' }, 'NOT_FOUND', 'vgg99'],
  ['a device without an engine', { dataset: 'large', device: 'GPU' }, 'DEVICE_UNAVAILABLE', 'GPU'],
  ['more folds than groups', { dataset: 'large', folds: 5 }, 'DATASET_TOO_SMALL', 'at most 3 folds'],
  [
    'folds that no class can fill',
    { dataset: 'small', folds: 2, testFraction: 0 },
    'DATASET_TOO_SMALL',
    'bands',
  ],
  ['one fold', { dataset: 'large', folds: 1 }, 'BAD_REQUEST', 'folds'],
  ['repeats of nothing', { dataset: 'large', repeats: 3 }, 'BAD_REQUEST', 'need folds'],
  [
    'folds inside a network',
    { dataset: 'large', trainable: 'ALL', folds: 2 },
    'BAD_REQUEST',
    'train heads alone',
  ],
  [
    'a rate for a backbone that stays as it is',
    { dataset: 'large', backboneLearningRate: 0.1 },
    'BAD_REQUEST',
    'needs another trainable',
  ],
  ['an unknown data set', { dataset: 'none' }, 'NOT_FOUND', 'none'],
  ['no epochs', { dataset: 'large', epochs: 0 }, 'BAD_REQUEST', 'epochs'],
  ['weights of another network', { dataset: large.id, architecture: 'resnet18' }, 'BAD_REQUEST', 'resnet18'],
];

test.each(refusals)('%s is refused before a run exists', async (_, request, code, word) => {
  const error = await rejection(world.start(request));
  expect(error.code).toBe(code);
  expect(error.message).toContain(word);
  expect((await pageRuns(database, {}, {})).rows).toEqual([]);
});

test('nothing is kept for validation where folds are the only test, unless it is asked for', () => {
  const shareOf = (request: Parameters<typeof resolveConfiguration>[0]) =>
    resolveConfiguration(request).validationFraction;
  expect([{}, { folds: 5 }, { testFraction: 0 }].map(shareOf)).toEqual([0.2, 0.2, 0.2]);
  expect(shareOf({ folds: 5, testFraction: 0 })).toBe(0);
  expect(shareOf({ folds: 5, testFraction: 0, validationFraction: 0.3 })).toBe(0.3);
  expect(resolveConfiguration({ folds: 5 })).toMatchObject({ folds: 5, repeats: 1 });
  expect(resolveConfiguration({})).toMatchObject({ folds: null, repeats: null });
});

test('every field out of range is named at once', () => {
  const error = caughtError(() => resolveConfiguration({ epochs: 1.5, learningRate: Number.NaN, seed: -1 }));
  expect(error.code).toBe('BAD_REQUEST');
  for (const field of ['epochs', 'learningRate', 'seed']) expect(error.message).toContain(field);
});
