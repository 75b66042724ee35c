import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { ENGINE_NAMES } from '../../words/device.js';

/** Another number where what is measured has changed: older files are measured again. */
const FORMAT = 'gelql-measurements-2';
const measurementSchema = z.object({
  gelqlVersion: z.string(),
  engine: z.enum(ENGINE_NAMES),
  engineVersion: z.string(),
  /** Model name and number of cores. */
  cpu: z.string(),
  nodeMajor: z.number().int(),
  threads: z.number().int().min(1),
  backboneSha256: z.string(),
  featurePoint: z.string(),
  /** For people; a name can be given to other weights, so it is no part of the key. */
  backboneId: z.string(),
  timings: z
    .array(z.object({ batchSize: z.number().int().min(1), msPerPicture: z.number().positive() }))
    .min(1),
  /** Why larger batches than these could not be timed; absent where nothing failed. */
  failure: z.string().optional(),
});
const fileSchema = z.object({
  format: z.literal(FORMAT),
  measurements: z.array(measurementSchema),
});

/** How fast one engine runs one backbone on one machine. */
export type Measurement = z.infer<typeof measurementSchema>;
/** What a measurement holds for: anything else that differs makes it another one. */
export type MeasurementKey = Omit<Measurement, 'backboneId' | 'timings' | 'failure'>;

const KEY_FIELDS = [
  'gelqlVersion',
  'engine',
  'engineVersion',
  'cpu',
  'nodeMajor',
  'threads',
  'backboneSha256',
  'featurePoint',
] as const satisfies (keyof MeasurementKey)[];

/** Old machines and versions fall off the end. */
const MAX_MEASUREMENTS = 500;

export interface MeasurementStore {
  /** All that are stored, the newest first; none where the file is absent, torn or of another format. */
  read(): Promise<Measurement[]>;
  /** Adds a measurement or replaces the one with the same key. */
  save(measurement: Measurement): Promise<void>;
}

/** Measurements in one JSON file, replaced as a whole. Of two processes that save at once one is lost and measured again. */
export function createMeasurementStore(file: string): MeasurementStore {
  let saving: Promise<void> = Promise.resolve();

  async function read(): Promise<Measurement[]> {
    const text = await readFile(file, 'utf8').catch(() => null);
    return (text === null ? null : parseFile(text)) ?? [];
  }

  async function replaceFile(measurement: Measurement): Promise<void> {
    const others = (await read()).filter((stored) => !hasSameKey(stored, measurement));
    const measurements = [measurement, ...others].slice(0, MAX_MEASUREMENTS);
    const temporary = `${file}.${randomUUID()}.tmp`;
    await mkdir(dirname(file), { recursive: true });
    try {
      await writeFile(temporary, JSON.stringify({ format: FORMAT, measurements }, null, 1));
      await rename(temporary, file);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  return {
    read,
    save(measurement) {
      const saved = saving.then(() => replaceFile(measurement));
      // The next save does not depend on how this one ended; its own caller is told.
      saving = saved.catch(() => undefined);
      return saved;
    },
  };
}

export function hasSameKey(left: MeasurementKey, right: MeasurementKey): boolean {
  return KEY_FIELDS.every((field) => left[field] === right[field]);
}

function parseFile(text: string): Measurement[] | null {
  try {
    return fileSchema.safeParse(JSON.parse(text)).data?.measurements ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
