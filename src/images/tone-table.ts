/**
 * 256 values for 256 values: gamma, then contrast around mid grey, then inversion.
 * @param tones.gamma exponent in 64ths; @param tones.contrast slope in 1/1024
 */
export function toneTable(tones: { gamma: number; contrast: number; isInverted: boolean }): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, value) => {
    const curved = Math.floor(255 * powerOf64ths(value / 255, tones.gamma) + 0.5);
    const contrasted = 128 + (((curved - 128) * tones.contrast) >> 10);
    const clipped = Math.min(255, Math.max(0, contrasted));
    return tones.isInverted ? 255 - clipped : clipped;
  });
}

/**
 * base ^ (exponent64 / 64) by six square roots and multiplications, which IEEE 754 rounds alike everywhere; Math.pow may
 * differ in its last bits between engines.
 */
function powerOf64ths(base: number, exponent64: number): number {
  let root = base;
  for (let i = 0; i < 6; i++) root = Math.sqrt(root);
  let power = 1;
  for (let rest = exponent64; rest > 0; rest >>= 1, root *= root) {
    if (rest & 1) power *= root;
  }
  return power;
}
