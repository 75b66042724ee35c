/** What a scan left out of a data set or took otherwise than its name says. */
export const REMARK_KINDS = [
  'SYSTEM_ENTRY',
  'UNFINISHED_FILE',
  'NO_PICTURE_FILE',
  'LINK',
  'SPECIAL_FILE',
  'OUTSIDE_CLASSES',
  'EMPTY_FOLDER',
  'VALIDATION_FOLDER',
  'NOT_UTF8',
  'SAME_FOLDERS',
] as const;
export type RemarkKind = (typeof REMARK_KINDS)[number];

export interface FolderRemark {
  kind: RemarkKind;
  /** Entries that it concerns; a folder counts as one. */
  count: number;
  /** The first of them. */
  names: string[];
}

export interface FolderRemarks {
  add(kind: RemarkKind, name: string): void;
  /** In the order of REMARK_KINDS. */
  list(): FolderRemark[];
}

/** Names of one kind that a remark keeps. */
const MAX_NAMES = 5;

const SENTENCES: Record<RemarkKind, (what: { count: number; names: string }) => string> = {
  SYSTEM_ENTRY: ({ count, names }) => `left out ${count} hidden or system ${entries(count)}: ${names}`,
  UNFINISHED_FILE: ({ count, names }) =>
    `left out ${count} ${count === 1 ? 'backup copy or unfinished download' : 'backup copies or unfinished downloads'}: ${names}`,
  NO_PICTURE_FILE: ({ count, names }) =>
    `left out ${count} ${count === 1 ? 'text or table' : 'texts and tables'}: ${names}`,
  LINK: ({ count, names }) =>
    `left out ${count} symbolic ${count === 1 ? 'link that leads' : 'links that lead'} to a folder, out of the data set or nowhere: ${names}; \`cp -rL\` makes a copy with the files themselves`,
  SPECIAL_FILE: ({ count, names }) =>
    `left out ${count} ${entries(count)} that ${count === 1 ? 'is' : 'are'} neither file nor folder: ${names}`,
  OUTSIDE_CLASSES: ({ count, names }) =>
    `left out ${count} ${count === 1 ? 'file that lies' : 'files that lie'} in no class folder: ${names}`,
  EMPTY_FOLDER: ({ count, names }) =>
    `left out ${count} ${count === 1 ? 'folder' : 'folders'} without a picture: ${names}`,
  VALIDATION_FOLDER: ({ names }) =>
    `took ${names}: a training run sets its own validation pictures aside, so these are no third part`,
  NOT_UTF8: ({ count, names }) =>
    `read ${count} ${count === 1 ? 'name' : 'names'} as Windows-1252, being no UTF-8: ${names}`,
  SAME_FOLDERS: ({ names }) =>
    `every class holds the same folders: ${names}; where those are the classes, import each folder above them with --train or --test`,
};

export function createRemarks(): FolderRemarks {
  const found = new Map<RemarkKind, FolderRemark>();
  return {
    add(kind, name) {
      const remark = found.get(kind) ?? { kind, count: 0, names: [] };
      remark.count += 1;
      if (remark.names.length < MAX_NAMES) remark.names.push(name);
      found.set(kind, remark);
    },
    list: () => REMARK_KINDS.flatMap((kind) => found.get(kind) ?? []),
  };
}

/** One line for people. */
export function formatRemark({ kind, count, names }: FolderRemark): string {
  const more = count - names.length;
  return SENTENCES[kind]({ count, names: names.join(', ') + (more > 0 ? ` and ${more} more` : '') });
}

function entries(count: number): string {
  return count === 1 ? 'entry' : 'entries';
}
