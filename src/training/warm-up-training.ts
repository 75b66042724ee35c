import type { Compute } from '../compute/protocol.js';
import type { Logger } from '../logger.js';
import { PLAIN_RULES } from '../words/training-rules.js';

/**
 * Starts what training runs on the CPU will need, beside what the caller does meanwhile: tries the engines and loads the one
 * that trains heads, 3 s of computing, by training the smallest head on nothing. A failure is left to the run that meets
 * it again.
 */
export async function warmUpTraining(
  compute: Pick<Compute, 'chooseTrainingEngine' | 'trainHead'>,
  logger: Logger,
): Promise<void> {
  try {
    const engine = await compute.chooseTrainingEngine('CPU');
    await compute.trainHead(
      {
        engine,
        head: 'SINGLE',
        featureSize: 1,
        classCount: 2,
        optimizer: 'SGD',
        learningRate: 0.001,
        batchSize: 2,
        epochs: 1,
        rules: PLAIN_RULES,
        seed: 1,
        features: new Float32Array(2),
        count: 2,
        views: 1,
        labels: Int32Array.of(0, 1),
        trainIndices: Int32Array.of(0, 1),
        validationIndices: new Int32Array(0),
      },
      {},
    );
  } catch (error) {
    logger.debug({ err: error }, 'training could not be prepared');
  }
}
