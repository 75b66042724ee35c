import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { wheelRecordSchema, type WheelRecord } from '../installation.js';

/** The file that says what is in the folder. */
export const STAGING_RECORD = 'staged.json';
const stagedSchema = z.record(
  z.string(),
  z.object({
    wheel: wheelRecordSchema,
    /** What its METADATA asks for beside it. */
    requirements: z.array(z.string()),
  }),
);
type StagedWheels = z.infer<typeof stagedSchema>;

/**
 * A folder that takes the contents of one wheel after another, and knows which are in it: a set-up of gigabytes that was
 * broken off goes on with the wheel that it was at.
 *
 *   unpacked elsewhere on the same disk -> renamed into the folder -> recorded
 *
 * What was renamed and not yet recorded is fetched and replaced once more.
 */
export interface StagedFolder {
  directory: string;
  /** The wheel of a requirement that is in the folder already. */
  find(requirement: string): StagedWheels[string] | undefined;
  /** Takes over what a wheel was unpacked into. */
  add(
    requirement: string,
    unpacked: string,
    record: { wheel: WheelRecord; requirements: string[] },
  ): Promise<void>;
  /** Removes the record, once nothing is missing. */
  finish(): Promise<void>;
}

export async function openStagedFolder(directory: string): Promise<StagedFolder> {
  const recordPath = join(directory, STAGING_RECORD);
  const staged = readRecord(recordPath);
  // Without its record nobody knows what is whole.
  if (Object.keys(staged).length === 0) await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  return {
    directory,
    find: (requirement) => staged[requirement],
    async add(requirement, unpacked, record) {
      await moveContents(unpacked, directory);
      staged[requirement] = record;
      const temporary = `${recordPath}.new`;
      await writeFile(temporary, JSON.stringify(staged, null, 1));
      await rename(temporary, recordPath);
    },
    finish: () => rm(recordPath, { force: true }),
  };
}

function readRecord(path: string): StagedWheels {
  if (!existsSync(path)) return {};
  try {
    return stagedSchema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** Wheels share the folder `nvidia` and nothing below it. */
async function moveContents(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    if (name === 'nvidia') {
      await mkdir(join(to, name), { recursive: true });
      await moveContents(join(from, name), join(to, name));
    } else {
      await rm(join(to, name), { recursive: true, force: true });
      await rename(join(from, name), join(to, name));
    }
  }
}
