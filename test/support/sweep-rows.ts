import type { DatabaseScope } from '../../src/db/client.js';
import { newId } from '../../src/db/new-id.js';
import { sweepParts, sweeps } from '../../src/db/schema.js';
import type { SerializedError } from '../../src/errors.js';
import type { TrainingConfiguration } from '../../src/words/training-configuration.js';
import type { SweepRequest } from '../../src/words/sweep-request.js';
import { isAxis, pluralOf, type SettingName } from '../../src/words/training-settings.js';
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
  await scope.drizzle.insert(sweeps).values({
    id: sweepId,
    name,
    datasetId,
    request: requestFor(configuration),
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

/** The grid whose only part is `configuration`. */
function requestFor({ backboneId, device, ...settings }: TrainingConfiguration): SweepRequest {
  const entries = Object.entries(settings).map(([name, value]) =>
    isAxis(name as SettingName) ? [pluralOf(name), [value]] : [name, value],
  );
  return { backboneIds: [backboneId], devices: [device], ...Object.fromEntries(entries) } as SweepRequest;
}
