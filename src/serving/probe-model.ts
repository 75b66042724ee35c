import type { Priority } from '../words/priority.js';
import type { Compute } from '../compute/protocol.js';
import type { Config } from '../config.js';
import { loadArtifact } from '../db/artifacts.js';
import type { Database } from '../db/client.js';
import type { ModelProbe } from '../words/model.js';
import { GelqlError } from '../errors.js';
import type { EngineName } from '../words/device.js';
import { INPUT_PIXELS, type RasterRecipe } from '../words/picture.js';
import type { BackboneRecord, TensorMap } from '../words/architecture.js';
import { applyHead } from '../networks/heads.js';
import { findGoldenAnswers } from '../registry/golden-answers.js';
import { ownPermit } from './admission.js';
import type { FeatureService } from './feature-service.js';
import type { ServedModel } from './served-model.js';

export interface ProbeServices {
  config: Config;
  database: Database;
  compute: Compute;
  features: FeatureService;
}

/** A loaded model, registered or not yet. */
export interface Answering {
  name: string;
  recipe: RasterRecipe;
  head: TensorMap;
  backbone: BackboneRecord;
  engine: EngineName;
}

/** One picture and the logits that the model is known to have answered, in the order of its classes. */
export interface ExpectedAnswer {
  name: string;
  logits: readonly number[];
  loadBytes: () => Promise<Uint8Array>;
}

/**
 * Largest difference of a logit that is let through. Between engines on one machine it was 4e-6 over the 40
 * test pictures of the demo set and both shipped models; another head, class order or recipe moves logits by whole units.
 */
const TOLERANCE = 1e-3;

/** Somebody waits for a probe, and it must end on a busy server too. */
const PRIORITY: Priority = 'INTERACTIVE';
const PASS_TIMEOUT_MS = 60_000;

/** A model that was loaded is the same to the end, so what it passed once it need not pass again: a way back is instant. */
const passed = new WeakMap<ServedModel, Promise<ModelProbe>>();

/**
 * Puts a loaded model through what it is known to have answered, on the engine that it serves with; this also warms it.
 * @throws GelqlError MODEL_PROBE_FAILED with picture and difference, or whatever keeps it from answering
 */
export function probeModel(services: ProbeServices, model: ServedModel): Promise<ModelProbe> {
  const known = passed.get(model);
  if (known !== undefined) return known;
  const probe = runProbe(services, model);
  passed.set(model, probe);
  probe.catch(() => passed.delete(model));
  return probe;
}

async function runProbe(services: ProbeServices, served: ServedModel): Promise<ModelProbe> {
  const { database } = services;
  const { row } = served;
  const model = { ...served, name: row.name, recipe: row.recipe };
  const golden = await findGoldenAnswers(database, row.id);
  if (golden.length === 0) return checkFinite(services, model);
  const expected = golden.map(({ name, logits, sha256 }) => ({
    ...{ name, logits },
    loadBytes: () => loadArtifact(database, sha256),
  }));
  return compareAnswers(services, model, expected);
}

/** @throws GelqlError MODEL_PROBE_FAILED */
export async function compareAnswers(
  services: ProbeServices,
  model: Answering,
  expected: readonly ExpectedAnswer[],
): Promise<ModelProbe> {
  const startedAt = performance.now();
  let largest = 0;
  for (const { name, logits, loadBytes } of expected) {
    const found = await logitsOfPicture(services, model, await loadBytes());
    const difference = largestDifference(logits, found);
    if (!(difference <= TOLERANCE)) throw probeFailure(model, { name, logits, found, difference });
    largest = Math.max(largest, difference);
  }
  return {
    kind: 'GOLDEN',
    pictureCount: expected.length,
    largestDifference: largest,
    engine: model.engine,
    elapsedMs: performance.now() - startedAt,
  };
}

async function checkFinite(services: ProbeServices, model: Answering): Promise<ModelProbe> {
  const startedAt = performance.now();
  const logits = await logitsOfInput(services, model, warmingInput());
  if (!logits.every(Number.isFinite)) {
    throw new GelqlError(
      'MODEL_PROBE_FAILED',
      `Model ${model.name} answers with numbers that are not finite.`,
      {
        facts: { model: model.name, engine: model.engine, logits: [...logits].map(String) },
      },
    );
  }
  const elapsedMs = performance.now() - startedAt;
  return { kind: 'FINITE', pictureCount: 0, largestDifference: null, engine: model.engine, elapsedMs };
}

/** One pass through backbone and head, whose answer nobody needs. */
export async function warmModel(
  services: Pick<ProbeServices, 'features'>,
  model: Pick<Answering, 'head' | 'backbone' | 'engine'>,
): Promise<void> {
  await logitsOfInput(services, model, warmingInput());
}

/** [C], before any calibration. */
async function logitsOfPicture(
  services: ProbeServices,
  model: Answering,
  bytes: Uint8Array,
): Promise<Float32Array> {
  const { compute, config } = services;
  const picture = await compute.prepareImage(
    { bytes, page: null, recipe: model.recipe, views: 1, maxPixels: config.maxPixels },
    { lane: 'serving', priority: PRIORITY },
  );
  return logitsOfInput(services, model, picture.inputs);
}

async function logitsOfInput(
  { features }: Pick<ProbeServices, 'features'>,
  model: Pick<Answering, 'head' | 'backbone' | 'engine'>,
  input: Uint8Array,
): Promise<Float32Array> {
  const permit = ownPermit(PRIORITY, AbortSignal.timeout(PASS_TIMEOUT_MS));
  const batch = await features.featuresOf(permit, model.backbone, model.engine, input, {});
  return applyHead(model.head, batch.features, 1);
}

/** All grey levels. */
function warmingInput(): Uint8Array {
  return Uint8Array.from({ length: INPUT_PIXELS }, (_, pixel) => pixel % 256);
}

function largestDifference(expected: readonly number[], found: Float32Array): number {
  if (expected.length !== found.length) return Infinity;
  return expected.reduce((largest, value, index) => {
    const difference = Math.abs(value - (found[index] ?? NaN));
    // Math.max would lose a NaN that comes before a number, and a NaN must never pass.
    return Number.isNaN(difference) ? NaN : Math.max(largest, difference);
  }, 0);
}

function probeFailure(
  { name, engine }: Answering,
  found: {
    name: string;
    logits: readonly number[];
    found: Float32Array;
    difference: number;
  },
): GelqlError {
  return new GelqlError(
    'MODEL_PROBE_FAILED',
    `Model ${name} answers ${found.name} with a logit that differs by ${found.difference} from what it was; ${TOLERANCE} is allowed.`,
    {
      facts: {
        model: name,
        picture: found.name,
        // JSON has no NaN.
        difference: Number.isFinite(found.difference) ? found.difference : null,
        tolerance: TOLERANCE,
        engine,
        expected: [...found.logits],
        found: [...found.found].map((value) => (Number.isFinite(value) ? value : null)),
      },
    },
  );
}
