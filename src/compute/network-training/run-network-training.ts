import { loadBackboneTensors } from '../../networks/weights/backbones.js';
import { encodeTunedWeights } from '../../networks/weights/tuned-weights.js';
import type { TrainingBackend } from '../engines/engine.js';
import type { TrainNetworkTask, TunedNetwork } from '../protocol.js';
import type { TaskContext } from '../task.js';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint-file.js';
import { openRemoteFeed } from './remote-feed.js';
import { trainNetwork } from './train-network.js';

/** Steps that the pace is told from: the first ones are slower, and the machine may become busier. */
const PACE_STEPS = 8;

/** What a compute worker does for `Compute.trainNetwork`. @throws GelqlError as that does */
export async function runNetworkTraining(
  backend: TrainingBackend,
  { checkpoint, ...task }: TrainNetworkTask,
  context: TaskContext,
): Promise<TunedNetwork> {
  const startedAt = performance.now();
  const feed = openRemoteFeed(context);
  const pace = createPace();
  const { moved, ...trained } = await trainNetwork(
    backend,
    {
      ...task,
      ...feed,
      tensors: await loadBackboneTensors(task.backbone),
      checkpoint: checkpoint && decodeCheckpoint(checkpoint),
    },
    {
      isCancelled: () => context.signal.aborted,
      onStep: (pictures) => feed.tellStep({ pictures, picturesPerSecond: pace(pictures) }),
      onEpoch: async (progress, save) => feed.store(progress, encodeCheckpoint(await save())),
    },
  );
  await feed.finish();
  return {
    ...trained,
    tunedWeights: encodeTunedWeights(moved, task.backbone),
    trainMs: performance.now() - startedAt,
    waitedMs: feed.waitedMs(),
  };
}

/** @returns takes a step and gives the pictures per second of the latest ones */
function createPace(): (pictures: number) => number {
  const steps = [{ atMs: performance.now(), pictures: 0 }];
  return (pictures) => {
    steps.push({ atMs: performance.now(), pictures });
    if (steps.length > PACE_STEPS + 1) steps.shift();
    const [first, ...later] = steps;
    const elapsedMs = performance.now() - (first?.atMs ?? 0);
    return (1000 * later.reduce((sum, step) => sum + step.pictures, 0)) / Math.max(elapsedMs, 1e-3);
  };
}
