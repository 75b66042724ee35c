import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { EngineName } from '../../src/words/device.js';
import { PACKAGE_DIR } from '../../src/config.js';
import type { BackboneRecord } from '../../src/words/architecture.js';

export interface RawEngineQuestion {
  engine: EngineName;
  threads: number;
  backbone: BackboneRecord;
  batchSize: number;
  durationMs: number;
}

/** @returns pictures per second of the engine alone */
export async function measureRawEngine(question: RawEngineQuestion): Promise<number> {
  const child = fork(join(PACKAGE_DIR, 'bench', 'serving', 'raw-engine.ts'), {
    execArgv: ['--import', 'tsx'],
    serialization: 'advanced',
  });
  child.send(question);
  const [perSecond] = (await once(child, 'message')) as [number];
  return perSecond;
}
