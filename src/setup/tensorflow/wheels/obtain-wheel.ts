import { downloadWheel } from './download-wheel.js';
import type { PinnedWheel } from '../platforms.js';
import type { SetupPlan } from '../setup-plan.js';
import type { Tools } from '../tools.js';
import { checkWheel, type Wheel } from './wheel.js';

/**
 * TensorFlow's wheel: the one that was brought by hand, or one fetched into `workDirectory`; checked either way.
 * @throws GelqlError SETUP_FAILED
 */
export async function obtainWheel(plan: SetupPlan, tools: Tools, workDirectory: string): Promise<Wheel> {
  const { version, platform, variant, onProgress, signal } = plan;
  const pin = platform.pinned[version];
  if (plan.wheel !== undefined) {
    return announceWheel(await checkWheel(plan.wheel, pin, 'file'), onProgress);
  }
  const requirement = `${platform.distribution}==${version}`;
  onProgress(`downloading ${requirement} through pip`);
  const path = await downloadWheel({
    ...{ requirement, pin, tags: platform.tags, onProgress, signal },
    pip: tools.pip,
    directory: workDirectory,
    isCached: variant === 'cpu',
    wayRound: wayRoundPip(requirement, pin),
  });
  return announceWheel(await checkWheel(path, pin, 'pip'), onProgress);
}

/** How to get a wheel in where pip cannot. @param source a folder of wheels, where pip looked nowhere else */
export function wayRoundPip(requirement: string, pin: PinnedWheel | undefined, source?: string): string {
  const wanted = pin?.fileName ?? `the wheel of ${requirement}`;
  if (source !== undefined) return `lay ${wanted} into ${source}`;
  return `name a mirror in PIP_INDEX_URL, or bring ${wanted} and run \`gelql setup tensorflow --wheel FILE\``;
}

/** Tells whether the wheel was compared with a pinned hash. */
export function announceWheel(wheel: Wheel, onProgress: (line: string) => void): Wheel {
  const verdict = wheel.isPinned
    ? 'is the published file'
    : 'is not pinned by gelql: it was not compared with a known hash';
  onProgress(`${wheel.fileName} ${verdict} (SHA-256 ${wheel.sha256})`);
  return wheel;
}
