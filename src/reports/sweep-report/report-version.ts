import type { SweepReport } from './sweep-report.js';

/** Changes with everything that a report shows; small where the report is large. */
export function reportVersion({ sweep, parts, pictures, thumbnails, codeVersion }: SweepReport): unknown[] {
  return [
    sweep.id,
    codeVersion,
    parts.map(({ part, run, epochs, holdout, crossValidation }) => [
      part.number,
      part.refusal,
      run?.state,
      run?.attempt,
      epochs.length,
      holdout?.result.id,
      crossValidation?.result.id,
    ]),
    pictures.map(({ sha256 }) => thumbnails.get(sha256) === null),
  ];
}
