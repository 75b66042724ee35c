import type { RemarkKind } from './folder-remarks.js';
import type { FolderEntry } from './list-folder.js';

export type FolderRole = 'TRAIN' | 'TEST' | 'VALIDATION';

const ROLES: readonly [FolderRole, RegExp][] = [
  ['TRAIN', /^train(ing)?([ _-]?set)?$/i],
  ['TEST', /^test(ing)?([ _-]?set)?$/i],
  ['VALIDATION', /^val(id(ation)?)?([ _-]?set)?$/i],
];

/** Cards, tables and sidecars that people keep beside their pictures. */
const NO_PICTURE = /\.(md|txt|csv|tsv|json|ya?ml|xml|html?|db|ini)$/i;
const UNFINISHED = /(\.(part|partial|crdownload|tmp)|~)$/i;
/** What file systems, network drives and archives put into every folder. */
const SYSTEM_NAMES =
  /^(\..*|~\$.*|@eaDir|@Recycle|#recycle|#snapshot|\$RECYCLE\.BIN|System Volume Information|lost\+found|__MACOSX|Thumbs\.db|ehthumbs\.db|desktop\.ini|Icon\r)$/is;
const BLANK = /^[\s\p{Cf}\p{Cc}]*$/u;

/** What a folder above the classes says of their pictures; null for a class. */
export function readRole(name: string): FolderRole | null {
  return ROLES.find(([, pattern]) => pattern.test(name))?.[0] ?? null;
}

/** Why an entry of this name is left out; null where it is not. */
export function judgeName({ name, kind }: FolderEntry): RemarkKind | null {
  if (SYSTEM_NAMES.test(name) || BLANK.test(name)) return 'SYSTEM_ENTRY';
  if (kind === 'FOLDER') return null;
  if (UNFINISHED.test(name)) return 'UNFINISHED_FILE';
  return NO_PICTURE.test(name) ? 'NO_PICTURE_FILE' : null;
}
