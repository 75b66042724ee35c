import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  digestOf,
  readModelFolder,
  writeModelFolder,
  type ModelRecord,
} from '../../src/registry/model-folder.js';
import { rejection } from '../support/caught-error.js';

const SHIPPED = 'models/gelql-base/resnet18';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gelql-model-'));
  cpSync(SHIPPED, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (file: string) => join(folder, file);
function changeRecord(change: (record: ModelRecord) => void): void {
  const record = JSON.parse(readFileSync(path('model.json'), 'utf8')) as ModelRecord;
  change(record);
  writeFileSync(path('model.json'), JSON.stringify(record));
}

test('reads what it has written', async () => {
  const shipped = await readModelFolder(SHIPPED);
  await writeModelFolder(path('deeper/copy'), shipped);
  expect(await readModelFolder(path('deeper/copy'))).toEqual(shipped);
});

const calibration = {
  temperature: 1.5,
  fittedOn: 'OUT_OF_FOLD',
  groupCount: 60,
  isApplied: true,
  logLossBefore: 0.5,
  logLossAfter: 0.4,
  isSeparated: false,
} as const;

test('reads a calibrated model with a cross-validation as its result', async () => {
  const { record, headBytes } = await readModelFolder(SHIPPED);
  const calibrated: ModelRecord = {
    ...record,
    calibration,
    training: {
      ...record.training,
      configuration: { ...record.training.configuration, crossValidation: { folds: 5, repeats: 1 } },
    },
    result: {
      ...record.result,
      kind: 'CROSS_VALIDATION',
      evaluation: {
        ...record.result.evaluation,
        calibrationError: { value: 0.02, nullValue: 0.03 },
        groupCount: 80,
        warnings: [{ code: 'WIDE_INTERVALS', message: 'few' }],
        crossValidation: { folds: 5, repeats: [{ seed: 7, accuracy: 0.99 }] },
      },
    },
  };
  const digest = digestOf(calibrated);
  expect(digest).not.toBe(record.digest);
  await writeModelFolder(folder, { record: { ...calibrated, digest }, headBytes });
  expect((await readModelFolder(folder)).record).toEqual({ ...calibrated, digest });

  changeRecord((altered) => (altered.calibration = { ...calibration, temperature: 1.6 }));
  expect((await rejection(readModelFolder(folder))).message).toContain('does not match its digest');
  changeRecord((altered) => (altered.calibration = { ...calibration, isApplied: false }));
  expect((await rejection(readModelFolder(folder))).message).toContain('does not match its digest');
});

test('a temperature that is only reported leaves the digest as it is', async () => {
  const { record } = await readModelFolder(SHIPPED);
  expect(digestOf({ ...record, calibration: { ...calibration, isApplied: false } })).toBe(record.digest);
});

test.each<[string, string, () => void]>([
  ['a record that is gone', 'cannot be read', () => rmSync(path('model.json'))],
  ['a record that is cut off', 'expected object', () => truncateSync(path('model.json'), 300)],
  ['a head that is gone', 'head.safetensors cannot be read', () => rmSync(path('head.safetensors'))],
  ['a head that is cut off', 'not the one', () => truncateSync(path('head.safetensors'), 1000)],
  [
    'one bit of the head',
    'not the one',
    () => {
      const bytes = readFileSync(path('head.safetensors'));
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      writeFileSync(path('head.safetensors'), bytes);
    },
  ],
  ['another digest', 'digest', () => changeRecord((record) => (record.digest = '0'.repeat(64)))],
  ['the order of the classes', 'digest', () => changeRecord((record) => record.classes.reverse())],
  ['another recipe', 'digest', () => changeRecord((record) => (record.recipe = 'reference-v1'))],
  ['another cut', 'digest', () => changeRecord(({ backbone }) => (backbone.featurePoint = 'gap'))],
  ['another backbone', 'digest', () => changeRecord(({ backbone }) => (backbone.sha256 = 'a'.repeat(64)))],
  ['another mean', 'digest', () => changeRecord(({ backbone }) => (backbone.mean[2] += 1e-9))],
  [
    'a head outside of the folder',
    'head.file',
    () => changeRecord(({ head }) => (head.file = '../head.safetensors')),
  ],
  [
    'a temperature that was never fitted',
    'digest',
    () => changeRecord((record) => (record.calibration = calibration)),
  ],
  [
    'a temperature out of range',
    'calibration.temperature',
    () => changeRecord((record) => (record.calibration = { ...calibration, temperature: 0 })),
  ],
  ['a missing field', 'result.evaluation', () => changeRecord((record) => delete dropped(record).evaluation)],
  [
    'a share above one',
    'accuracy',
    () => changeRecord(({ result }) => (result.evaluation.accuracy.value = 2)),
  ],
])('refuses %s', async (_name, reason, alter) => {
  alter();
  const error = await rejection(readModelFolder(folder));
  expect(error.code).toBe('MODEL_CORRUPT');
  expect(error.message).toContain(path('model.json'));
  expect(error.message).toContain(reason);
});

function dropped(record: ModelRecord): Partial<ModelRecord['result']> {
  return record.result;
}
