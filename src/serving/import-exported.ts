import { findExportsFolder } from '../exports/exports-folder.js';
import type { ModelRow } from '../registry/models.js';
import { importModel, type ImportServices } from './import-model.js';

/** Imports a folder below `config.exportsDir` by its name. @throws GelqlError NOT_FOUND, BAD_REQUEST, or as importModel does */
export async function importExported(
  services: ImportServices,
  folder: string,
  name: string | undefined,
): Promise<ModelRow> {
  return importModel(services, { directory: await findExportsFolder(services.config, folder), name });
}
