import { availableParallelism, homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ENGINE_NAMES, type DeviceChoice } from './words/device.js';
import { parseDeviceSelection } from './words/device-selection.js';
import { GelqlError } from './errors.js';

/** The folder that holds package.json: src/ and dist/ lie one below it. */
export const PACKAGE_DIR = resolve(dirname(fileURLToPath(import.meta.url)), '..');

const MEBIBYTE = 1024 * 1024;
const DAY_MS = 86_400_000;
const count = (minimum: number, maximum: number) => z.coerce.number().int().min(minimum).max(maximum);

/** One row per variable: the README's configuration table is checked against it. */
const environmentSchema = z.object({
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must start with postgres:// or postgresql://')
    .optional(),
  GELQL_HOST: z.string().min(1).default('127.0.0.1'),
  GELQL_PORT: count(0, 65535).default(4000),
  GELQL_DATA_DIR: z.string().min(1).default('.data'),
  GELQL_POSTGRES: z.string().min(1).optional(),
  GELQL_CACHE_DIR: z.string().min(1).optional(),
  GELQL_MODELS_DIR: z.string().min(1).optional(),
  GELQL_EXPORTS_DIR: z.string().min(1).optional(),
  GELQL_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  GELQL_ENGINE: z.enum(ENGINE_NAMES).optional(),
  GELQL_DEVICE: z
    .string()
    .refine((text) => parseDeviceSelection(text) !== null, 'must be AUTO, CPU, GPU or one card such as GPU:1')
    .default('AUTO'),
  GELQL_SOFTWARE_GPU: z.enum(['true', 'false']).default('false'),
  GELQL_THREADS: count(1, 256).optional(),
  GELQL_TRAINING_WORKERS: count(0, 64).default(1),
  GELQL_MAX_ATTEMPTS: count(1, 1000).default(3),
  GELQL_MAX_UPLOAD_BYTES: count(1, 1024 * MEBIBYTE).default(25 * MEBIBYTE),
  GELQL_MAX_PIXELS: count(1, 1_000_000_000).default(100_000_000),
  GELQL_MAX_DECODE_SECONDS: count(1, 3600).default(10),
  GELQL_MAX_PENDING: count(1, 100_000).default(256),
  GELQL_MAX_PENDING_BYTES: count(1, Number.MAX_SAFE_INTEGER).default(256 * MEBIBYTE),
  GELQL_MAX_BATCH: count(1, 1024).optional(),
  GELQL_MAX_DELAY_MS: count(0, 60_000).default(0),
  GELQL_TIMEOUT_MS: count(1, DAY_MS).default(60_000),
  GELQL_MAX_TIMEOUT_MS: count(1, DAY_MS).default(600_000),
  GELQL_STOP_DELAY_MS: count(0, 10_000).default(0),
  GELQL_DECISION_THRESHOLD: z.coerce.number().min(0).max(1).default(0.8),
  GELQL_KEEP_PICTURES: z.enum(['true', 'false']).default('false'),
  GELQL_FEATURE_CACHE_BYTES: count(0, Number.MAX_SAFE_INTEGER).default(1024 * MEBIBYTE),
  GELQL_TUNED_CACHE_BYTES: count(1024 * MEBIBYTE, Number.MAX_SAFE_INTEGER).default(4096 * MEBIBYTE),
  GELQL_CORS_ORIGINS: z.string().optional(),
  GELQL_WEIGHTS_URL: z.url().default('https://download.pytorch.org/models/'),
});

/** The names of the variables above. */
export const ENVIRONMENT_VARIABLES: readonly string[] = Object.keys(environmentSchema.shape);

/** Everything that can be set from outside, resolved: absolute paths, numbers, no missing values. */
export interface Config {
  /** PostgreSQL address; null means gelql's own PostgreSQL in `dataDir`. */
  databaseUrl: string | null;
  host: string;
  port: number;
  /** Where gelql's own PostgreSQL keeps everything, absolute. */
  dataDir: string;
  /** An installed `postgres` program or its folder, absolute; null takes the one that npm installed. */
  postgres: string | null;
  /** Per-user cache that survives `npm ci`: native TensorFlow, downloaded weights, features, measurements. */
  cacheDir: string;
  /** Backbones and models that ship with the package. */
  modelsDir: string;
  /** Below which the GraphQL API writes exported models and reads those to import, and nowhere else. */
  exportsDir: string;
  logLevel: string;
  /** Engine pinned by the operator; null chooses by measurement. */
  engine: (typeof ENGINE_NAMES)[number] | null;
  /** Where pictures are classified; `AUTO` takes the fastest engine, whatever it computes on. */
  servingDevice: DeviceChoice;
  /** The graphics card that this process computes on, by its number on the PCI bus; null takes the first. */
  card: number | null;
  /** Whether a GPU that the processor emulates counts as one; for tests. */
  softwareGpu: boolean;
  /** Threads that one engine may use inside an operation. */
  threads: number;
  /** Runs of each device that this process trains at once; 0 leaves training to other processes. */
  trainingWorkers: number;
  /** A run that loses its worker is tried this many times in all. */
  maxAttempts: number;
  maxUploadBytes: number;
  maxPixels: number;
  /** Processor time that the decode of one picture may take; one that takes more is ended. */
  maxDecodeSeconds: number;
  /** Classifications that may wait or run at once; more are refused with OVERLOADED. */
  maxPending: number;
  /** Bytes of pictures that may lie in memory at once; further uploads are read when some of them are decoded. */
  maxPendingBytes: number;
  /** Largest batch of the server; null takes what was measured for the engine and backbone. */
  maxBatch: number | null;
  /** Longest time that a picture waits for company while the engine is idle. */
  maxDelayMs: number;
  /** Time that a request may take where it names none, and the most that it may name. */
  timeoutMs: number;
  maxTimeoutMs: number;
  /** Time from the signal to stop, when `/ready` begins to say no, until no more requests are taken. */
  stopDelayMs: number;
  /** An answer whose probability is below it is UNDECIDED, 0..1. */
  decisionThreshold: number;
  /** Whether the bytes of classified pictures are stored with the answers. */
  keepPictures: boolean;
  featureCacheBytes: number;
  /** At least what the largest backbone takes, all of whose tensors a training can move. */
  tunedCacheBytes: number;
  /** Where the feature cache lies: below `cacheDir`. */
  featuresDir: string;
  /** Origins of web pages that may call the endpoint from a browser; none means same origin only. */
  corsOrigins: string[];
  /** Base address of the official weight files, with a slash at the end. */
  weightsUrl: string;
}

/**
 * The only reader of the environment. Empty values count as absent.
 * @throws GelqlError CONFIGURATION_INVALID with one message that lists every bad variable
 */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(present);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new GelqlError('CONFIGURATION_INVALID', `The environment is not usable:\n  ${lines.join('\n  ')}`, {
      facts: { variables: lines },
    });
  }
  const values = parsed.data;
  const cacheDir = resolve(values.GELQL_CACHE_DIR ?? defaultCacheDir(present));
  const modelsDir = resolve(values.GELQL_MODELS_DIR ?? join(PACKAGE_DIR, 'models'));
  const weightsUrl = values.GELQL_WEIGHTS_URL;
  const selection = parseDeviceSelection(values.GELQL_DEVICE);
  return {
    databaseUrl: values.DATABASE_URL ?? null,
    host: values.GELQL_HOST,
    port: values.GELQL_PORT,
    dataDir: resolve(values.GELQL_DATA_DIR),
    postgres: values.GELQL_POSTGRES === undefined ? null : resolve(values.GELQL_POSTGRES),
    cacheDir,
    modelsDir,
    exportsDir: resolve(values.GELQL_EXPORTS_DIR ?? join(modelsDir, 'exports')),
    logLevel: values.GELQL_LOG_LEVEL,
    engine: values.GELQL_ENGINE ?? null,
    servingDevice: selection?.device ?? 'AUTO',
    card: selection?.card ?? null,
    softwareGpu: values.GELQL_SOFTWARE_GPU === 'true',
    threads: values.GELQL_THREADS ?? availableParallelism(),
    trainingWorkers: values.GELQL_TRAINING_WORKERS,
    maxAttempts: values.GELQL_MAX_ATTEMPTS,
    maxUploadBytes: values.GELQL_MAX_UPLOAD_BYTES,
    maxPixels: values.GELQL_MAX_PIXELS,
    maxDecodeSeconds: values.GELQL_MAX_DECODE_SECONDS,
    maxPending: values.GELQL_MAX_PENDING,
    maxPendingBytes: values.GELQL_MAX_PENDING_BYTES,
    maxBatch: values.GELQL_MAX_BATCH ?? null,
    maxDelayMs: values.GELQL_MAX_DELAY_MS,
    timeoutMs: Math.min(values.GELQL_TIMEOUT_MS, values.GELQL_MAX_TIMEOUT_MS),
    maxTimeoutMs: values.GELQL_MAX_TIMEOUT_MS,
    stopDelayMs: values.GELQL_STOP_DELAY_MS,
    decisionThreshold: values.GELQL_DECISION_THRESHOLD,
    keepPictures: values.GELQL_KEEP_PICTURES === 'true',
    featureCacheBytes: values.GELQL_FEATURE_CACHE_BYTES,
    tunedCacheBytes: values.GELQL_TUNED_CACHE_BYTES,
    featuresDir: join(cacheDir, 'features'),
    corsOrigins: (values.GELQL_CORS_ORIGINS ?? '').split(',').flatMap((origin) => origin.trim() || []),
    weightsUrl: weightsUrl.endsWith('/') ? weightsUrl : `${weightsUrl}/`,
  };
}

/**
 * Sets a variable that a native library reads by itself, unless the operator has set it. On the main thread only: a
 * worker thread has a copy of the environment that native code never sees.
 */
export function setNativeVariable(name: string, value: string): void {
  process.env[name] ??= value;
}

/**
 * Native libraries read their settings from the process when they are loaded, wherever that is: they must be set on the
 * main thread before the first worker starts. What the operator set stays. ONNX Runtime would otherwise send telemetry.
 */
export function applyNativeEnvironment({ threads }: Pick<Config, 'threads'>): void {
  process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  // Otherwise TensorFlow takes nearly all of a card's memory at its start, which other processes use, too.
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  // CUDA's libraries round the factors of their products to 10 bits: features would differ from those of other engines.
  process.env.NVIDIA_TF32_OVERRIDE ??= '0';
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
}

/**
 * The environment of a process that computes with CUDA and sees one graphics card of those that this process may see,
 * numbered as nvidia-smi does; none where that card is not there.
 */
export function cardEnvironment(
  card: number | null,
  environment: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const place = card ?? 0;
  const visible = environment.CUDA_VISIBLE_DEVICES?.split(',').map((name) => name.trim());
  return {
    ...environment,
    CUDA_DEVICE_ORDER: environment.CUDA_DEVICE_ORDER ?? 'PCI_BUS_ID',
    CUDA_VISIBLE_DEVICES: visible === undefined ? String(place) : (visible[place] ?? ''),
  };
}

function defaultCacheDir(environment: Record<string, string | undefined>): string {
  return join(environment.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'gelql');
}
