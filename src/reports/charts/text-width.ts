/** Advance widths of DejaVu Sans in em, by what is about as wide; all other characters count as OTHER. */
const WIDTHS: [string, number][] = [
  ['ijlIJ|', 0.29],
  [" .,:;'!", 0.33],
  ['frt()[]-/"', 0.39],
  ['sczvkx_?', 0.53],
  ['mMW%@', 0.93],
  ['wABCDGHKNOQRSUVXYw', 0.73],
];
const OTHER = 0.625;
const BOLD = 1.12;

const widthOf = new Map(
  WIDTHS.flatMap(([characters, width]) => [...characters].map((one) => [one, width] as const)),
);

/** What vega knows about a text that it lays out. */
export interface LaidOutText {
  fontSize?: number;
  fontWeight?: string | number;
}

/**
 * Width in pixels as the bundled font draws it, within a few percent. Vega has no canvas here and would take 0.8 em for
 * every character, which leaves charts with wide empty margins.
 */
export function measureTextWidth(
  { fontSize = 11, fontWeight }: LaidOutText,
  text: string | number | null,
): number {
  const em = [...String(text ?? '').trim()].reduce((sum, one) => sum + (widthOf.get(one) ?? OTHER), 0);
  return em * fontSize * (fontWeight === 'bold' || fontWeight === 600 ? BOLD : 1);
}
