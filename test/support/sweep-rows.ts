import type { DatabaseScope } from '../../src/db/client.js';
import { newId } from '../../src/db/new-id.js';
import { sweepParts, sweeps } from '../../src/db/schema.js';
import type { SerializedError } from '../../src/errors.js';
import type { TrainingConfiguration } from '../../src/words/training-configuration.js';
import { configuration } from './registry-rows.js';

export interface TestPart {
  configuration?: Partial<TrainingConfiguration>;
  runId?: string;
  refusal?: SerializedError;
}

/** A sweep whose parts point at the given runs or refusals. @returns its id */
export async function insertTestSweep(
  scope: DatabaseScope,
  { name, datasetId, parts }: { name: string; datasetId: string; parts: readonly TestPart[] },
): Promise<string> {
  const sweepId = newId();
  const { backboneId, trainable, head, optimizer, device, learningRate, batchSize, epochs, seed, ...rest } =
    configuration;
  await scope.drizzle.insert(sweeps).values({
    id: sweepId,
    name,
    datasetId,
    request: {
      ...rest,
      backboneIds: [backboneId],
      trainables: [trainable],
      heads: [head],
      optimizers: [optimizer],
      devices: [device],
      learningRates: [learningRate],
      batchSizes: [batchSize],
      epochs: [epochs],
      seeds: [seed],
    },
  });
  await scope.drizzle.insert(sweepParts).values(
    parts.map((part, index) => ({
      sweepId,
      number: index + 1,
      configuration: { ...configuration, ...part.configuration },
      runId: part.runId ?? null,
      refusal: part.refusal ?? null,
    })),
  );
  return sweepId;
}
