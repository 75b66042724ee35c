import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Compute } from '../../compute/protocol.js';
import type { Config } from '../../config.js';
import type { DatabaseScope } from '../../db/client.js';
import type { ChartRenderer } from '../chart-renderer.js';
import { loadSweepReport } from './load-sweep-report.js';
import { renderSweepReport } from './render-sweep-report.js';

/** What a report is drawn with; `App` has all of it. */
export interface ReportServices {
  config: Config;
  database: DatabaseScope;
  compute: Compute;
  charts: ChartRenderer;
}

/**
 * Writes `report.markup` and the plots of a sweep (SVG and PNG) into a folder, which is made where it is absent; files of
 * these names are replaced.
 * @returns the files written, report.html first
 * @throws GelqlError NOT_FOUND
 */
export async function writeSweepReport(
  services: ReportServices,
  sweepId: string,
  directory: string,
): Promise<string[]> {
  const report = await loadSweepReport(services.database, sweepId);
  await mkdir(directory, { recursive: true });
  const file = join(directory, 'report.html');
  await writeFile(file, await renderSweepReport(report, services.charts));
  return [file];
}
