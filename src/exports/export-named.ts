import { exportModel, type ExportServices } from './export-model.js';
import { exportsFolder } from './exports-folder.js';
import type { ModelRecord } from '../registry/model-record.js';
import { requireModel } from '../registry/models.js';

export interface ExportedModel {
  /** Name below the exports folder. */
  folder: string;
  /** Absolute. */
  path: string;
  record: ModelRecord;
}

/** Exports a model to the folder of its name below `config.exportsDir`. @throws GelqlError as exportModel does */
export async function exportNamed(services: ExportServices, reference: string): Promise<ExportedModel> {
  const { id, name: folder } = await requireModel(services.database, reference);
  const path = exportsFolder(services.config, folder);
  return { folder, path, record: await exportModel(services, { reference: id, directory: path }) };
}
