import type { DatabaseScope } from '../db/client.js';
import { modelEvents } from '../db/schema.js';
import type { ModelEventKind } from '../words/model.js';
import { GelqlError } from '../errors.js';
import { findAliasesOfModels } from './aliases.js';
import { findNewestEvent } from './archived-models.js';
import { checkChangeNote, type ChangeNote } from './change-note.js';
import { lockModel, requireModel, type ModelRow } from './models.js';
import { REGISTRY_CHANNEL } from './registry-channel.js';

/**
 * Takes a model out of service: it answers nothing any more and is never the best one. Its rows stay, and what it answered
 * can be computed again. Archiving what is archived changes nothing.
 * @throws GelqlError NOT_FOUND, CONFLICT while an alias points at it (facts.aliases), BAD_REQUEST
 */
export async function archiveModel(
  scope: DatabaseScope,
  reference: string,
  note: ChangeNote,
): Promise<ModelRow> {
  return appendEvent(scope, reference, 'ARCHIVED', note);
}

/** Puts an archived model back into service; one that serves stays as it is. @throws GelqlError NOT_FOUND, BAD_REQUEST */
export async function restoreModel(
  scope: DatabaseScope,
  reference: string,
  note: ChangeNote,
): Promise<ModelRow> {
  return appendEvent(scope, reference, 'RESTORED', note);
}

async function appendEvent(
  scope: DatabaseScope,
  reference: string,
  kind: ModelEventKind,
  { reason, actor }: ChangeNote,
): Promise<ModelRow> {
  checkChangeNote({ reason, actor });
  return scope.transaction(async (transaction) => {
    const model = await requireModel(transaction, reference);
    // Excludes moves of aliases to this model: whichever comes second sees the other.
    await lockModel(transaction, model.id);
    const newest = await findNewestEvent(transaction, model.id);
    if ((newest?.kind ?? 'RESTORED') === kind) return model;
    if (kind === 'ARCHIVED') await refuseAliased(transaction, model);
    const sequence = (newest?.sequence ?? 0) + 1;
    await transaction.drizzle
      .insert(modelEvents)
      .values({ modelId: model.id, sequence, kind, reason, actor });
    await transaction.notify(REGISTRY_CHANNEL, model.id);
    return model;
  });
}

async function refuseAliased(transaction: DatabaseScope, model: ModelRow): Promise<void> {
  const [names = []] = await findAliasesOfModels(transaction, [model.id]);
  if (names.length === 0) return;
  throw new GelqlError(
    'CONFLICT',
    `Model ${model.name} is ${names.join(' and ')}: move or remove the alias first.`,
    { facts: { aliases: names } },
  );
}
