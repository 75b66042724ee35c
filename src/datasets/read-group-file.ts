import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { GelqlError } from '../errors.js';
import type { ScannedPicture } from './scan-folder.js';

/** Columns that may hold the group, in the order in which they are looked for. */
const GROUP_COLUMNS = ['group', 'source', 'owner_repo'];

/**
 * Reads which pictures belong together from a CSV with a column `file` (path below the data set's folder) and a group
 * column. Pictures that the file does not name form no group.
 * @returns group by picture name
 * @throws GelqlError DATASET_INVALID where the file has no such columns or names no scanned picture
 */
export async function readGroupFile(
  file: string,
  pictures: readonly ScannedPicture[],
): Promise<Map<string, string>> {
  const rows = await readRows(file);
  const column = GROUP_COLUMNS.find((name) => rows[0] !== undefined && name in rows[0]);
  if (column === undefined || rows[0]?.file === undefined) {
    throw new GelqlError(
      'DATASET_INVALID',
      `${file} needs a column "file" and one of ${GROUP_COLUMNS.join(', ')}.`,
    );
  }
  const groupOf = new Map(rows.map((row) => [row.file ?? '', row[column] ?? '']));
  const groups = new Map<string, string>();
  for (const { name } of pictures) {
    const group = namesOf(name).flatMap((known) => groupOf.get(known) ?? [])[0];
    if (group !== undefined && group !== '') groups.set(name, group);
  }
  if (groups.size === 0)
    throw new GelqlError('DATASET_INVALID', `${file} names none of the pictures that were found.`);
  return groups;
}

/** A picture's name, then without its folders from the left: names may carry the folder that they were imported from. */
function namesOf(name: string): string[] {
  const parts = name.split('/');
  return parts.map((_, start) => parts.slice(start).join('/'));
}

async function readRows(file: string): Promise<Record<string, string>[]> {
  try {
    return parse(await readFile(file), { columns: true, skip_empty_lines: true, bom: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GelqlError('DATASET_INVALID', `${file} cannot be read as CSV: ${reason}`, { cause });
  }
}
