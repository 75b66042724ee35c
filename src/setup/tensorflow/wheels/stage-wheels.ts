import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GelqlError } from '../../../errors.js';
import { PINNED_CUDA_WHEELS, readCudaRequirements } from './cuda-wheels.js';
import { checkFreeSpace } from '../disk-space.js';
import { downloadWheel } from './download-wheel.js';
import type { WheelRecord } from '../installation.js';
import { announceWheel, obtainWheel, wayRoundPip } from './obtain-wheel.js';
import type { SetupPlan } from '../setup-plan.js';
import { openStagedFolder, type StagedFolder } from './staged-wheels.js';
import type { Tools } from '../tools.js';
import { unpackWheel, WANTED } from './unpack-wheel.js';
import { checkWheel, type Wheel } from './wheel.js';

/** TensorFlow 2.18.1 and its twelve CUDA wheels unpacked, and three copies of the largest wheel while pip fetches it. */
const NEEDED_BYTES = 4_320_000_000 + 3 * 616_000_000;
/** The same of wheels that lie in a folder: unpacked they take 1.8 times their size, beside one copy of each in turn. */
const NEEDED_FACTOR = 2.5;

/** All that an installation for graphics cards is built from, laid out as `pip install --target` does. */
export interface StagedWheels {
  folder: StagedFolder;
  tensorflow: WheelRecord;
  cuda: WheelRecord[];
}

interface Staging {
  plan: SetupPlan;
  tools: Tools;
  workDirectory: string;
  folder: StagedFolder;
}

/**
 * Fetches TensorFlow's wheel and those of the CUDA libraries that it names, and unpacks each as soon as it is there, into
 * a folder beside the place of the finished installation. Those that an earlier try has unpacked are not fetched again.
 * @throws GelqlError SETUP_FAILED
 */
export async function stageWheels(
  plan: SetupPlan,
  tools: Tools,
  workDirectory: string,
): Promise<StagedWheels> {
  const folder = await openStagedFolder(`${plan.directory}.partial`);
  const staging: Staging = { plan, tools, workDirectory, folder };
  const { wheel, requirements } = await stageTensorflow(staging);
  const cuda: WheelRecord[] = [];
  for (const [index, requirement] of requirements.entries()) {
    const place = `CUDA library ${index + 1} of ${requirements.length}`;
    cuda.push(await stageCuda(staging, requirement, place));
  }
  return { folder, tensorflow: wheel, cuda };
}

async function stageTensorflow(staging: Staging): Promise<{ wheel: WheelRecord; requirements: string[] }> {
  const { plan, tools, folder } = staging;
  const requirement = `${plan.platform.distribution}==${plan.version}`;
  const present = folder.find(requirement);
  if (present !== undefined) {
    plan.onProgress(`${requirement} is here from an earlier try`);
    return present;
  }
  await checkFreeSpace(folder.directory, await estimateNeed(plan));
  return inOwnFolder(staging, async (fetched, unpacked) => {
    const wheel = await obtainWheel(plan, tools, fetched);
    plan.onProgress('unpacking the libraries and headers');
    const metadata = await unpackWheel(wheel.path, unpacked, WANTED.tensorflow, tools.python, plan.signal);
    const requirements = readCudaRequirements(metadata);
    if (requirements.length === 0) {
      throw new GelqlError(
        'SETUP_FAILED',
        `${wheel.fileName} names no CUDA libraries: it is not for graphics cards`,
      );
    }
    const record = { wheel: recordOf(wheel), requirements };
    await folder.add(requirement, unpacked, record);
    return record;
  });
}

async function stageCuda(staging: Staging, requirement: string, place: string): Promise<WheelRecord> {
  const { plan, tools, folder } = staging;
  const present = folder.find(requirement);
  if (present !== undefined) return present.wheel;
  const { platform, onProgress, signal } = plan;
  const pin = PINNED_CUDA_WHEELS[requirement];
  const source = plan.wheel === undefined ? undefined : dirname(plan.wheel);
  onProgress(`${place}: downloading ${requirement} through pip`);
  return inOwnFolder(staging, async (fetched, unpacked) => {
    const path = await downloadWheel({
      ...{ requirement, pin, tags: platform.tags, onProgress, signal },
      pip: tools.pip,
      directory: fetched,
      source,
      isCached: false,
      wayRound: wayRoundPip(requirement, pin, source),
    });
    const wheel = announceWheel(await checkWheel(path, pin, 'pip'), onProgress);
    await unpackWheel(wheel.path, unpacked, WANTED.cuda, tools.python, signal);
    await folder.add(requirement, unpacked, { wheel: recordOf(wheel), requirements: [] });
    return recordOf(wheel);
  });
}

async function estimateNeed({ wheel }: SetupPlan): Promise<number> {
  if (wheel === undefined) return NEEDED_BYTES;
  const names = (await readdir(dirname(wheel))).filter((name) => name.endsWith('.whl'));
  const sizes = await Promise.all(names.map((name) => stat(join(dirname(wheel), name))));
  return NEEDED_FACTOR * sizes.reduce((sum, { size }) => sum + size, 0);
}

/** Two fresh folders of this wheel's own, gone when it is staged: the next one needs the room. */
async function inOwnFolder<T>(
  { workDirectory }: Staging,
  stage: (fetched: string, unpacked: string) => Promise<T>,
): Promise<T> {
  const [fetched, unpacked] = [join(workDirectory, 'fetched'), join(workDirectory, 'unpacked')];
  await Promise.all([mkdir(fetched), mkdir(unpacked)]);
  const result = await stage(fetched, unpacked);
  await Promise.all([fetched, unpacked].map((path) => rm(path, { recursive: true })));
  return result;
}

function recordOf({ fileName, sha256, sizeBytes, isPinned }: Wheel): WheelRecord {
  return { fileName, sha256, sizeBytes, isPinned };
}
