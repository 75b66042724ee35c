import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GelqlError } from '../errors.js';
import { featureSizeOf } from '../networks/build-graph.js';
import { findHeadProblem } from '../networks/heads.js';
import { readSafetensors } from '../networks/weights/safetensors.js';
import { decodeTunedWeights } from '../networks/weights/tuned-weights.js';
import { readFolderFile } from './folder-files.js';
import { digestOf, MAX_NETWORK_BYTES, recordSchema, type ModelRecord } from './model-record.js';
import { decodeTrainingFeatures } from './training-features.js';

export const RECORD_FILE = 'model.json';
/** A score takes about 200 bytes: enough for the scores of 100,000 test pictures. */
const MAX_RECORD_BYTES = 32 * 1024 * 1024;
/** Heads are small: the widest, MULTI on VGG16's 4096 features, has 9 MB. */
const MAX_HEAD_BYTES = 64 * 1024 * 1024;
const MAX_PICTURE_BYTES = 25 * 1024 * 1024;

export interface StoredModel {
  record: ModelRecord;
  headBytes: Uint8Array;
  /** Where `record.tuned` is there. */
  tunedBytes?: Uint8Array | undefined;
  /** The golden pictures, in the order of `record.golden.answers`. */
  pictures: Uint8Array[];
  /** As `encodeTrainingFeatures` gives them, where `record.trainingFeatures` is there. */
  trainingFeatures?: Uint8Array | undefined;
}

/** Writes `model.json`, head, tuned weights, training features and golden pictures; folders are made where absent. */
export async function writeModelFolder(
  directory: string,
  { record, headBytes, tunedBytes, pictures, trainingFeatures }: StoredModel,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, record.head.file), headBytes);
  if (record.tuned !== undefined && tunedBytes !== undefined) {
    await writeFile(join(directory, record.tuned.file), tunedBytes);
  }
  if (record.trainingFeatures !== undefined && trainingFeatures !== undefined) {
    await writeFile(join(directory, record.trainingFeatures.file), trainingFeatures);
  }
  for (const [position, { file }] of record.golden.answers.entries()) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), pictures[position] ?? new Uint8Array());
  }
  await writeRecord(directory, record);
}

export async function writeRecord(directory: string, record: ModelRecord): Promise<void> {
  await writeFile(join(directory, RECORD_FILE), `${JSON.stringify(record, null, 1)}\n`);
}

/**
 * Reads a model folder and verifies it: shape of the record, SHA-256 of its files, the digest that binds the
 * parts, the head's shapes and that its numbers are finite. The folder may come from anywhere.
 * @throws GelqlError MODEL_INVALID with the reason
 */
export async function readModelFolder(directory: string): Promise<StoredModel> {
  const record = await readRecord(directory);
  const headBytes = await readVerified(directory, record.head, MAX_HEAD_BYTES);
  if (digestOf(record) !== record.digest) throw invalid(directory, 'the record does not match its digest');
  checkParts(directory, record, headBytes);
  const pictures: Uint8Array[] = [];
  for (const answer of record.golden.answers) {
    pictures.push(await readVerified(directory, answer, MAX_PICTURE_BYTES));
  }
  return {
    record,
    headBytes,
    pictures,
    tunedBytes: await readTuned(directory, record),
    trainingFeatures: await readTrainingFeatures(directory, record),
  };
}

async function readTuned(
  directory: string,
  { tuned, backbone }: ModelRecord,
): Promise<Uint8Array | undefined> {
  if (tuned === undefined) return undefined;
  const bytes = await readVerified(directory, tuned, MAX_NETWORK_BYTES);
  try {
    decodeTunedWeights(bytes, backbone);
  } catch (cause) {
    throw invalid(
      directory,
      `${tuned.file}: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  }
  return bytes;
}

async function readTrainingFeatures(
  directory: string,
  { trainingFeatures, backbone, classes }: ModelRecord,
): Promise<Uint8Array | undefined> {
  if (trainingFeatures === undefined) return undefined;
  const bytes = await readVerified(directory, trainingFeatures, MAX_HEAD_BYTES);
  const { size, pictures } = decodeFeatures(directory, bytes);
  if (size === backbone.featureSize && pictures.every(({ label }) => label < classes.length)) return bytes;
  throw invalid(directory, `${trainingFeatures.file} does not fit the backbone or the classes`);
}

function decodeFeatures(directory: string, bytes: Uint8Array) {
  try {
    return decodeTrainingFeatures(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw invalid(directory, reason, cause);
  }
}

async function readRecord(directory: string): Promise<ModelRecord> {
  const bytes = await readFolderFile(directory, RECORD_FILE, MAX_RECORD_BYTES);
  const parsed = recordSchema.safeParse(parseJson(bytes));
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw invalid(directory, `${first?.path.join('.') ?? ''}: ${first?.message ?? 'is not a model record'}`);
}

async function readVerified(
  directory: string,
  { file, sha256 }: { file: string; sha256: string },
  maxBytes: number,
): Promise<Uint8Array> {
  const bytes = await readFolderFile(directory, file, maxBytes);
  if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes;
  throw invalid(directory, `${file} is not the file that the record names`);
}

/** What the digests cannot say: that the parts fit each other. */
function checkParts(
  directory: string,
  { backbone, head, classes, golden }: ModelRecord,
  headBytes: Uint8Array,
) {
  if (backbone.featureSize !== featureSizeOf(backbone.architecture, backbone.featurePoint)) {
    throw invalid(directory, `backbone.featureSize: not that of ${backbone.architecture}`);
  }
  const problem = findHeadProblem(
    readHead(directory, headBytes),
    head.kind,
    backbone.featureSize,
    classes.length,
  );
  if (problem !== null) throw invalid(directory, `${head.file} has ${problem}`);
  if (golden.answers.some(({ logits }) => logits.length !== classes.length)) {
    throw invalid(directory, 'golden.answers: logits do not fit the classes');
  }
}

function readHead(directory: string, bytes: Uint8Array) {
  try {
    return readSafetensors(bytes).tensors;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw invalid(directory, `the head cannot be read: ${reason}`, cause);
  }
}

function invalid(directory: string, reason: string, cause?: unknown): GelqlError {
  return new GelqlError('MODEL_INVALID', `${join(directory, RECORD_FILE)}: ${reason}`, { cause });
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    // Not JSON, not UTF-8, or nested deeper than the stack.
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError)
      return null;
    throw error;
  }
}
