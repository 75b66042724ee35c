/** Colour casts of gel cameras, stains and screens. `red`, `green`, `blue` is the hue of the middle tones. */
export const TINTS = {
  neutral: [1, 1, 1],
  bluish: [0.88, 0.98, 1.25],
  orange: [1.75, 0.82, 0.12],
  amber: [1.5, 0.98, 0.15],
  green: [0.45, 1.35, 0.3],
  blue: [0.35, 0.75, 2.6],
  purple: [1.15, 0.65, 2],
  sepia: [1.2, 0.98, 0.72],
} as const satisfies Record<string, readonly [number, number, number]>;

export type Tint = keyof typeof TINTS;
export const TINT_NAMES = Object.keys(TINTS) as Tint[];

/** Rec. 601 weights, as the canonical grey raster uses them. */
const LUMA = [0.299, 0.587, 0.114] as const;

/**
 * A table from grey 0..255 to red, green, blue: black, through the hue, to white. The luma of every entry is the grey
 * value it stands for, so a tint changes nothing for a classifier that looks at grey values. // [256 * 3]
 */
export function makeTintTable(tint: Tint): Uint8Array {
  const hue = TINTS[tint];
  const brightest = Math.max(...hue);
  const full = hue.map((part) => (part / brightest) * 255);
  const fullLuma = full.reduce((sum, part, index) => sum + part * (LUMA[index] ?? 0), 0);
  const table = new Uint8Array(256 * 3);
  for (let grey = 0; grey < 256; grey += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      const part = full[channel] ?? 255;
      const isBelow = grey <= fullLuma;
      const toWhite = isBelow ? 0 : (grey - fullLuma) / Math.max(1, 255 - fullLuma);
      table[grey * 3 + channel] = Math.round(
        isBelow ? (part * grey) / fullLuma : part + (255 - part) * toWhite,
      );
    }
  }
  return table;
}
