import type { Compute } from '../compute/protocol.js';
import type { DeviceChoice } from '../words/device.js';
import { GelqlError } from '../errors.js';
import { CHAMPION } from '../registry/aliases.js';
import type { Challenger } from '../serving/ready-challenger.js';
import type { ServedModel } from '../serving/served-model.js';
import type { ServedModels } from '../serving/served-models.js';
import { explanationKind } from './explanation.js';

/** The models of one request. */
export interface ResolvedModels {
  models: readonly ServedModel[];
  /** Scored in shadow after the first of them has answered; null if there is none to be scored. */
  challenger: Challenger | null;
}

export interface AnswerOptions {
  explain: boolean;
  /** What it is computed on; null for what the server computes on. */
  device: DeviceChoice | null;
}

/** Which models a request asks for; the champion, or the best one, where neither is there. */
export interface ModelChoice {
  /** Id, name or number each. */
  references: readonly string[];
  alias: string | null;
}

/**
 * The models of a request, resolved once, so whatever is registered or moved meanwhile, one answer comes from one model.
 * @throws GelqlError of the model; BAD_REQUEST where it cannot explain itself, or where models and an alias are named;
 * DEVICE_UNAVAILABLE, ENGINE_UNAVAILABLE
 */
export async function resolveModels(
  { servedModels, compute }: { servedModels: ServedModels; compute: Compute },
  choice: ModelChoice,
  { explain, device }: AnswerOptions,
): Promise<ResolvedModels> {
  const models = await resolveChoice(servedModels, choice);
  if (explain)
    models.forEach(({ backbone }) => explanationKind(backbone.architecture, backbone.featurePoint));
  const challenger = await findChallenger(servedModels, choice, models);
  if (device === null) return { models, challenger };
  return {
    models: await Promise.all(models.map((model) => moveTo(compute, device, model))),
    challenger: challenger && moveChallenger(compute, device, challenger),
  };
}

/** Neither waits for the challenger nor fails because of it. */
function moveChallenger(compute: Compute, device: DeviceChoice, challenger: Challenger): Challenger {
  const loaded = challenger.loaded.then((model) => model && moveTo(compute, device, model)).catch(() => null);
  return { ...challenger, model: null, loaded };
}

async function moveTo(compute: Compute, device: DeviceChoice, model: ServedModel): Promise<ServedModel> {
  return { ...model, engine: await compute.chooseEngine(device, model.backbone) };
}

/** Whoever names a model wants that one; the challenger is compared with what the server chose itself. */
async function findChallenger(
  servedModels: ServedModels,
  { references, alias }: ModelChoice,
  [champion]: readonly ServedModel[],
): Promise<Challenger | null> {
  if (references.length > 0 || (alias !== null && alias !== CHAMPION)) return null;
  const challenger = await servedModels.challenger();
  return challenger?.id === champion?.row.id ? null : challenger;
}

async function resolveChoice(
  servedModels: ServedModels,
  { references, alias }: ModelChoice,
): Promise<ServedModel[]> {
  if (alias === null && references.length === 0) return [await servedModels.resolve(null)];
  if (alias === null) return Promise.all(references.map((reference) => servedModels.resolve(reference)));
  if (references.length === 0) return [await servedModels.resolveAlias(alias)];
  throw new GelqlError('BAD_REQUEST', 'Name models or an alias, not both.');
}
