import type { ClassCount } from './datasets.js';
import type { DuplicateReport } from '../words/duplicate-report.js';
import type { FolderRemark } from './folder-remarks.js';
import { findCopies, type PictureGroups } from './group-pictures.js';
import type { ReadPicture, SkippedPicture } from './read-pictures.js';
import { reportDuplicates } from './report-duplicates.js';

/** What an import took, left out and found. */
export interface ImportReport {
  pictures: number;
  groupCount: number;
  perClass: ClassCount[];
  /** What the scan of the folder left out, before any file was read. */
  remarks: readonly FolderRemark[];
  /** Files that are no readable pictures; they are left out. */
  skipped: SkippedPicture[];
  /** Training pictures left out because the same picture is a test picture. */
  droppedFromTraining: string[];
  duplicates: DuplicateReport;
}

/** @param imported.kept the readable pictures without those that are dropped from training; `groups` has one key for each */
export function reportImport(imported: {
  remarks: readonly FolderRemark[];
  classes: readonly string[];
  readable: readonly ReadPicture[];
  kept: readonly ReadPicture[];
  skipped: SkippedPicture[];
  groups: PictureGroups;
}): ImportReport {
  const { remarks, classes, readable, kept, skipped, groups } = imported;
  const perClass = classes.map((name) => {
    const keys = groups.groupKeys.filter((_, position) => kept[position]?.className === name);
    return { name, pictureCount: keys.length, groupCount: new Set(keys).size };
  });
  const left = new Set(kept);
  return {
    pictures: kept.length,
    groupCount: new Set(groups.groupKeys).size,
    perClass,
    remarks,
    skipped,
    droppedFromTraining: readable.filter((picture) => !left.has(picture)).map(({ name }) => name),
    duplicates: reportDuplicates({ all: readable, copies: findCopies(readable) }, { kept, groups }),
  };
}
