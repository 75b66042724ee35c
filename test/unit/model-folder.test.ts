import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MINIATURE_PIXELS } from '../../src/images/facts/miniature.js';
import { readModelFolder, writeModelFolder } from '../../src/registry/model-folder.js';
import type { TensorMap } from '../../src/words/architecture.js';
import { readSafetensors, writeSafetensors } from '../../src/networks/weights/safetensors.js';
import { digestOf, type ModelRecord } from '../../src/registry/model-record.js';
import { registrationOf } from '../../src/registry/registration-of.js';
import { encodeTrainingFeatures } from '../../src/registry/training-features.js';
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
/** A head whose digests all hold: whoever sends a folder can compute them too. */
function forgeHead(change: (tensors: TensorMap) => void): void {
  const { tensors } = readSafetensors(readFileSync(path('head.safetensors')));
  change(tensors);
  const bytes = writeSafetensors(tensors, { metadata: {}, dtype: 'F32' });
  writeFileSync(path('head.safetensors'), bytes);
  changeRecord((record) => {
    record.head.sha256 = createHash('sha256').update(bytes).digest('hex');
    record.digest = digestOf(record);
  });
}
function moveBehindLink(name: string): void {
  const elsewhere = mkdtempSync(join(tmpdir(), 'gelql-elsewhere-'));
  renameSync(path(name), join(elsewhere, 'target'));
  symlinkSync(join(elsewhere, 'target'), path(name));
}

test('reads what it has written', async () => {
  const shipped = await readModelFolder(SHIPPED);
  await writeModelFolder(path('deeper/copy'), shipped);
  expect(await readModelFolder(path('deeper/copy'))).toEqual(shipped);
});

describe('training features', () => {
  const picture = {
    name: 'gel/1.png',
    sha256: '1'.repeat(64),
    rasterSha256: '2'.repeat(64),
    perceptualHash: null,
    label: 0,
  };
  async function writeWith(size: number, label: number): Promise<Uint8Array> {
    const bytes = encodeTrainingFeatures({
      features: new Float32Array(size).fill(0.5),
      size,
      distances: Float32Array.of(0.25),
      miniatures: new Uint8Array(MINIATURE_PIXELS),
      pictures: [{ ...picture, label }],
    });
    const shipped = await readModelFolder(SHIPPED);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const trainingFeatures = { file: 'training-features.safetensors', sha256 };
    await writeModelFolder(folder, {
      ...shipped,
      record: { ...shipped.record, trainingFeatures },
      trainingFeatures: bytes,
    });
    return bytes;
  }

  test('travel with the model, and are registered with it', async () => {
    const bytes = await writeWith(512, 1);
    const stored = await readModelFolder(folder);
    expect(registrationOf(stored, 'IMPORTED').trainingFeatures).toEqual(new Uint8Array(bytes));
  });

  test.each([
    ['of another backbone', 64, 0, 'does not fit the backbone or the classes'],
    ['of a class that the model does not have', 512, 2, 'does not fit the backbone or the classes'],
  ])('%s are refused', async (_what, size, label, message) => {
    await writeWith(size, label);
    const error = await rejection(readModelFolder(folder));
    expect(error).toMatchObject({ code: 'MODEL_INVALID', message: expect.stringContaining(message) });
  });

  test('that were altered are refused', async () => {
    const bytes = await writeWith(512, 0);
    truncateSync(path('training-features.safetensors'), bytes.length - 2);
    const error = await rejection(readModelFolder(folder));
    expect(error).toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining('is not the file'),
    });
  });
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
  const { record, ...stored } = await readModelFolder(SHIPPED);
  const calibrated: ModelRecord = {
    ...record,
    calibration,
    training: {
      ...record.training,
      configuration: { ...record.training.configuration, folds: 5, repeats: 1 },
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
  await writeModelFolder(folder, { ...stored, record: { ...calibrated, digest } });
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
  ['a head that is gone', 'cannot be read', () => rmSync(path('head.safetensors'))],
  [
    'a head that is cut off',
    'is not the file that the record names',
    () => truncateSync(path('head.safetensors'), 1000),
  ],
  [
    'one bit of the head',
    'is not the file that the record names',
    () => {
      const bytes = readFileSync(path('head.safetensors'));
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      writeFileSync(path('head.safetensors'), bytes);
    },
  ],
  ['a head that is a link', 'is no plain file', () => moveBehindLink('head.safetensors')],
  ['golden pictures behind a link', 'lies behind a link', () => moveBehindLink('golden')],
  [
    'a head that is a pipe',
    'is no plain file',
    () => {
      rmSync(path('head.safetensors'));
      execFileSync('mkfifo', [path('head.safetensors')]);
    },
  ],
  ['a record of more than 32 MiB', 'are allowed', () => truncateSync(path('model.json'), 33 * 1024 * 1024)],
  [
    'a record nested a million deep',
    'expected object',
    () => writeFileSync(path('model.json'), '['.repeat(1_000_000)),
  ],
  [
    'a head of another shape',
    '0.weight of shape [2, 511]',
    () => forgeHead((head) => head.set('0.weight', { shape: [2, 511], data: new Float32Array(1022) })),
  ],
  ['a head without bias', 'no parameter 0.bias', () => forgeHead((head) => head.delete('0.bias'))],
  [
    'a head with more in it',
    'the unknown parameter 1.weight',
    () => forgeHead((head) => head.set('1.weight', { shape: [1], data: Float32Array.of(1) })),
  ],
  [
    'a head with a number that is none',
    'a number in 0.bias that is not finite',
    () => forgeHead((head) => head.set('0.bias', { shape: [2], data: Float32Array.of(NaN, 1) })),
  ],
  [
    'a golden picture outside of the folder',
    'golden.answers.0.file',
    () => changeRecord(({ golden }) => (golden.answers[0]!.file = 'golden/../../1.jpg')),
  ],
  [
    'a golden picture at an absolute path',
    'golden.answers.0.file',
    () => changeRecord(({ golden }) => (golden.answers[0]!.file = '/etc/hostname')),
  ],
  [
    'another golden picture',
    'golden/1.jpg is not the file',
    () => cpSync(path('golden/4.jpg'), path('golden/1.jpg')),
  ],
  [
    'golden answers for other classes',
    'do not fit the classes',
    () => changeRecord(({ golden }) => golden.answers[0]!.logits.push(0)),
  ],
  [
    'more golden answers than a probe should take',
    'golden.answers',
    () =>
      changeRecord(({ golden }) => (golden.answers = Array.from({ length: 33 }, () => golden.answers[0]!))),
  ],
  [
    'a class that is there twice',
    'classes: must differ',
    () => changeRecord((record) => (record.classes = ['gel', 'gel'])),
  ],
  [
    'a deviation of zero',
    'backbone.standardDeviation',
    () => changeRecord(({ backbone }) => (backbone.standardDeviation[0] = 0)),
  ],
  [
    'another number of features',
    'backbone.featureSize',
    () => changeRecord(({ backbone }) => (backbone.featureSize = 1280)),
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
  ['a missing field', 'result.evaluation', () => changeRecord((record) => delete dropped(record).evaluation)],
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
  [
    'a share above one',
    'accuracy',
    () => changeRecord(({ result }) => (result.evaluation.accuracy.value = 2)),
  ],
])('refuses %s', async (_name, reason, alter) => {
  alter();
  const error = await rejection(readModelFolder(folder));
  expect(error.code).toBe('MODEL_INVALID');
  expect(error.message).toContain(folder);
  expect(error.message).toContain(reason);
});

function dropped(record: ModelRecord): Partial<ModelRecord['result']> {
  return record.result;
}
