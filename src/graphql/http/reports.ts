import type { Plugin } from 'graphql-yoga';
import type { App } from '../../app.js';
import { GelqlError } from '../../errors.js';
import { loadSweepReport } from '../../reports/sweep-report/load-sweep-report.js';
import {
  renderSweepReport,
  REPORT_CONTENT_SECURITY_POLICY,
} from '../../reports/sweep-report/render-sweep-report.js';
import { reportVersion } from '../../reports/sweep-report/report-version.js';
import { createRecent } from '../recent.js';
import { decodeReference } from '../references.js';
import { decodeSegment, tagOf, useStoredFiles } from './stored-files.js';

/** Reports kept for those who ask for them again; one of 24 models has about 2 MB. */
const KEPT = 2;
const ADDRESS = /^\/reports\/sweeps\/([^/]+)\.html$/;

/** `/reports/sweeps/ID.html`: one file that holds all that a sweep found. */
export function useReports(app: App): Plugin {
  const pages = createRecent<string>(KEPT);
  return useStoredFiles(app, {
    prefix: '/reports/',
    maxPending: 8,
    what: 'reports',
    async find(url) {
      const report = await loadSweepReport(app, sweepOf(url));
      const tag = tagOf(reportVersion(report));
      return {
        tag,
        isFinal: false,
        contentSecurityPolicy: `${REPORT_CONTENT_SECURITY_POLICY}; frame-ancestors 'none'`,
        load: async () => ({
          contentType: 'text/html; charset=utf-8',
          body: await pages.get(tag, () => renderSweepReport(report, app.charts)),
        }),
      };
    },
  });
}

/** @throws GelqlError NOT_FOUND for an address that is none, BAD_REQUEST for parameters: it takes none */
function sweepOf(url: URL): string {
  const [, sweep] = ADDRESS.exec(url.pathname) ?? [];
  if (sweep === undefined) throw new GelqlError('NOT_FOUND', `There is no report at ${url.pathname}.`);
  if (url.searchParams.size > 0) throw new GelqlError('BAD_REQUEST', 'A report takes no parameters.');
  return decodeReference('Sweep', decodeSegment(sweep, url));
}
