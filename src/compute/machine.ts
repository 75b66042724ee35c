import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { PACKAGE_DIR } from '../config.js';

export interface Machine {
  gelqlVersion: string;
  /** For example `Intel(R) Xeon(R) Processor x 2`. */
  cpu: string;
  nodeMajor: number;
}

/** What a measurement depends on beside the engine. */
export function describeMachine(): Machine {
  const packageText = readFileSync(join(PACKAGE_DIR, 'package.json'), 'utf8');
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(packageText));
  const cores = cpus();
  return {
    gelqlVersion: version,
    cpu: `${cores[0]?.model.trim() ?? 'unknown'} x ${cores.length}`,
    nodeMajor: Number.parseInt(process.versions.node, 10),
  };
}
