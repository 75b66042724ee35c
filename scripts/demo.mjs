/** `npm run demo`: prepares the clone, then becomes `gelql demo` in this same process, so that signals reach it. */
import { join } from 'node:path';
import { prepare, reportFailure, ROOT } from './prepare.mjs';

const isPrepared = await prepare({ setup: true }).then(() => true, reportFailure);
if (isPrepared) {
  const launcher = join(ROOT, 'bin', 'gelql.mjs');
  process.argv.splice(1, 1, launcher, 'demo');
  await import('../bin/gelql.mjs');
}
