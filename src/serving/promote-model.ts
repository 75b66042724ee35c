import type { Database } from '../db/client.js';
import type { Metrics } from '../metrics.js';
import { type AliasMoveRow, checkAliasName } from '../registry/aliases.js';
import { refuseArchived } from '../registry/archived-models.js';
import { checkChangeNote, type ChangeNote } from '../registry/change-note.js';
import { requireModel, type ModelRow } from '../registry/models.js';
import { checkExpected, moveAlias } from '../registry/move-alias.js';
import { probeModel, type ProbeServices } from './probe-model.js';
import type { ServedModels } from './served-models.js';

export interface PromotionServices extends ProbeServices {
  servedModels: ServedModels;
  metrics: Pick<Metrics, 'countSwap'>;
}

export interface AliasChange extends ChangeNote {
  alias: string;
  /** The model that the caller believes to be there now: id, name or number; null: none. */
  expectedCurrent: string | null;
}

/**
 * Points an alias at a model. The model is loaded, verified against its digests and put through its golden pictures first;
 * whatever fails there, the alias stays where it is.
 * @throws GelqlError CONFLICT where the alias points elsewhere than expected, MODEL_PROBE_FAILED, MODEL_ARCHIVED,
 * NOT_FOUND, BAD_REQUEST, or what keeps the model from being loaded
 */
export async function promoteModel(
  services: PromotionServices,
  reference: string,
  change: AliasChange,
): Promise<AliasMoveRow> {
  try {
    const move = await loadAndMove(services, reference, change);
    services.metrics.countSwap('moved');
    return move;
  } catch (error) {
    services.metrics.countSwap('refused');
    throw error;
  }
}

async function loadAndMove(
  services: PromotionServices,
  reference: string,
  change: AliasChange,
): Promise<AliasMoveRow> {
  const { database, servedModels } = services;
  const { row, expectedModelId } = await checkChange(database, reference, change);
  const model = await servedModels.load(row);
  const probe = await probeModel(services, model);
  const move = await moveAlias(database, { ...change, expectedModelId, toModelId: row.id, probe });
  servedModels.forget();
  return move;
}

/** Lets an alias point nowhere: without `champion` the best model answers. Same errors as promoteModel, but for the probe's. */
export async function removeAlias(
  services: Pick<PromotionServices, 'database' | 'servedModels'>,
  change: AliasChange & { expectedCurrent: string },
): Promise<AliasMoveRow> {
  const { database, servedModels } = services;
  const { id: expectedModelId } = await requireModel(database, change.expectedCurrent);
  const move = await moveAlias(database, { ...change, expectedModelId, toModelId: null, probe: null });
  servedModels.forget();
  return move;
}

/** What can be refused at once is refused before anything is loaded; the move itself checks it again. */
async function checkChange(
  database: Database,
  reference: string,
  change: AliasChange,
): Promise<{ row: ModelRow; expectedModelId: string | null }> {
  checkAliasName(change.alias);
  checkChangeNote(change);
  const row = await requireModel(database, reference);
  const expectedModelId =
    change.expectedCurrent === null ? null : (await requireModel(database, change.expectedCurrent)).id;
  await checkExpected(database, { alias: change.alias, expectedModelId });
  await refuseArchived(database, row);
  return { row, expectedModelId };
}
