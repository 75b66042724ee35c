import type { ImportReport } from '../../datasets/import-report.js';
import type { ImportOutcome } from '../../datasets/register-dataset.js';
import { listNames } from '../../list-names.js';
import { formatRemark } from '../../datasets/folder-remarks.js';
import { formatDuplicates } from './format-duplicates.js';
import { formatTable, printNote, printResult } from '../terminal/output.js';

/** Lines of one kind; `dataset duplicates` has them all. */
const SHOWN = 25;
const SHOWN_CLASSES = 50;

export function printImport({ dataset, report, isNew }: ImportOutcome): void {
  const { pictures, groupCount } = report;
  printResult(
    isNew
      ? `Data set ${dataset.name}: ${pictures} pictures in ${groupCount} groups, digest ${dataset.digest}`
      : `The same pictures are registered already as ${dataset.name}, digest ${dataset.digest}`,
  );
  printResult(
    formatTable(
      ['class', 'pictures', 'groups'],
      report.perClass
        .slice(0, SHOWN_CLASSES)
        .map((entry) => [entry.name, String(entry.pictureCount), String(entry.groupCount)]),
    ),
  );
  if (report.perClass.length > SHOWN_CLASSES) {
    printNote(`and ${report.perClass.length - SHOWN_CLASSES} more classes; --json has them all`);
  }
  for (const line of formatFindings(report)) printNote(line);
  if (report.duplicates.near.length + report.duplicates.suspectedCount > 0) {
    printNote(`to look at them: gelql dataset duplicates ${dataset.name} --sheet FILE.html`);
  }
}

/** Names what was left out, for commands that import a folder on their way to something else. */
export function noteLeftOut({ remarks, skipped }: Pick<ImportReport, 'remarks' | 'skipped'>): void {
  for (const remark of remarks) printNote(formatRemark(remark));
  for (const line of formatSkipped(skipped.slice(0, SHOWN))) printNote(line);
  if (skipped.length > SHOWN) printNote(`skipped ${skipped.length - SHOWN} more`);
}

function formatSkipped(skipped: ImportReport['skipped']): string[] {
  return skipped.map(({ name, code, message }) => `skipped ${name}: ${code}: ${message}`);
}

function formatFindings({ remarks, skipped, duplicates, droppedFromTraining }: ImportReport): string[] {
  return [
    ...remarks.map(formatRemark),
    ...formatSkipped(skipped),
    ...formatDuplicates(duplicates, SHOWN),
    ...(droppedFromTraining.length === 0
      ? []
      : [`left out of training because they are test pictures: ${listNames(droppedFromTraining, SHOWN)}`]),
  ];
}
