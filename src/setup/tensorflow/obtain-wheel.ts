import { downloadWheel } from './download-wheel.js';
import type { SetupPlan } from './setup-plan.js';
import type { Tools } from './tools.js';
import { checkWheel, type Wheel } from './wheel.js';

/**
 * The wheel that was brought by hand, or one fetched into `workDirectory`; checked either way.
 * @throws GelqlError SETUP_FAILED
 */
export async function obtainWheel(plan: SetupPlan, tools: Tools, workDirectory: string): Promise<Wheel> {
  const { version, platform, onProgress, signal } = plan;
  if (plan.wheel !== undefined) {
    return announce(await checkWheel(plan.wheel, version, platform, 'file'), onProgress);
  }
  onProgress(`downloading ${platform.distribution} ${version} through pip`);
  const path = await downloadWheel({
    ...{ version, platform, onProgress, signal },
    pip: tools.pip,
    directory: workDirectory,
  });
  return announce(await checkWheel(path, version, platform, 'pip'), onProgress);
}

function announce(wheel: Wheel, onProgress: (line: string) => void): Wheel {
  const verdict = wheel.isPinned
    ? 'is the published file'
    : 'is not pinned by gelql: it was not compared with a known hash';
  onProgress(`${wheel.fileName} ${verdict} (SHA-256 ${wheel.sha256})`);
  return wheel;
}
