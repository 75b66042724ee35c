/** Enough for 15 digits at the border between series and fraction. */
const TERMS = 60;
const NEGLIGIBLE = 1e-16;

/** Chance that a standard normal value lies at least as far from 0 as z, on either side: erfc(|z| / sqrt 2). */
export function twoSidedNormal(z: number): number {
  return complementaryError(Math.abs(z) / Math.SQRT2);
}

/** Abramowitz and Stegun, Handbook of Mathematical Functions, 1964: series 7.1.6, from 2.5 on the fraction 7.1.14. */
function complementaryError(x: number): number {
  const scale = Math.exp(-x * x) / Math.sqrt(Math.PI);
  if (x < 2.5) {
    let [term, sum] = [2 * x, 2 * x];
    for (let n = 1; n < TERMS && term > sum * NEGLIGIBLE; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - scale * sum;
  }
  let fraction = x;
  for (let n = TERMS; n > 0; n--) fraction = x + n / 2 / fraction;
  return scale / fraction;
}
