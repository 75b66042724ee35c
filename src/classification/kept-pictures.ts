import { areStored, loadArtifact, storeArtifact } from '../db/artifacts.js';
import type { DatabaseScope } from '../db/client.js';
import type { Config } from '../config.js';
import { GelqlError } from '../errors.js';
import type { Permit } from '../serving/admission.js';
import type { ClassificationRow } from '../receipts/classifications.js';

interface KeptBytes {
  /** Under which the picture is decoded: its bytes count as held until the end where they are to be stored. */
  permit: Permit;
  /** Once the picture has been decoded, so that nothing is kept of what is none. */
  store(): Promise<void>;
}

/**
 * Keeps a copy of the file, whose bytes the decoder takes, where the configuration says so. The decoder must get the
 * request after this was called.
 */
export function keepBytes(
  { config, database }: { config: Pick<Config, 'keepPictures'>; database: DatabaseScope },
  permit: Permit,
  { bytes }: { bytes: Uint8Array },
): KeptBytes {
  if (!config.keepPictures) return { permit, store: () => Promise.resolve() };
  const copy = bytes.slice();
  return {
    permit: { ...permit, dropBytes: () => undefined },
    async store() {
      await storeArtifact(database, 'picture', copy);
    },
  };
}

/**
 * The file of an answer, from whatever stored it: the answer itself or a data set.
 * @throws GelqlError PICTURE_NOT_KEPT
 */
export async function loadKeptPicture(
  scope: DatabaseScope,
  { id, pictureSha256, filename }: ClassificationRow,
): Promise<Uint8Array> {
  const [isStored] = await areStored(scope, [pictureSha256]);
  if (isStored === true) return loadArtifact(scope, pictureSha256);
  throw new GelqlError('PICTURE_NOT_KEPT', `The bytes of ${filename} were not kept.`, {
    facts: { classification: id, sha256: pictureSha256 },
  });
}
