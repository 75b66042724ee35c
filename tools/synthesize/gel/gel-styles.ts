/** The kinds of gel that the generator draws: what was loaded and how it was laid out. */
export const GEL_STYLES = [
  'pcr',
  'digest',
  'two-combs',
  'titration',
  'plasmid',
  'genomic',
  'rna',
  'sds-page',
  'screening',
] as const;
export type GelStyle = (typeof GEL_STYLES)[number];
