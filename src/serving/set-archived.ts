import type { Database } from '../db/client.js';
import { archiveModel, restoreModel } from '../registry/archive-model.js';
import type { ChangeNote } from '../registry/change-note.js';
import type { ModelRow } from '../registry/models.js';
import type { ServedModels } from './served-models.js';

/** Archives or restores a model, for this server's next request too. @throws GelqlError as archiveModel, restoreModel do */
export async function setArchived(
  { database, servedModels }: { database: Database; servedModels: ServedModels },
  reference: string,
  isArchived: boolean,
  note: ChangeNote,
): Promise<ModelRow> {
  const change = isArchived ? archiveModel : restoreModel;
  const model = await change(database, reference, note);
  servedModels.forget();
  return model;
}
