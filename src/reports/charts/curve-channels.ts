/** Colours of a theme; the seventh curve gets the first colour again, with dashes. */
const COLOURS = 6;
const DASHES = [
  [1, 0],
  [6, 3],
  [2, 3],
  [9, 3, 2, 3],
];

/** Curves that colour and dashes tell apart. */
const MAX_CURVES = COLOURS * DASHES.length;
/** Points that a curve needs on a few hundred pixels; one of 100,000 pictures has as many. */
const MAX_POINTS = 1000;

/**
 * The curves that are drawn, in their order: of too many those with the smallest value, where there is most to see.
 * @returns them, and what to say of the others
 */
export function chooseCurves<Curve extends { value: number | null }>(
  curves: readonly Curve[],
  measure: string,
): { shown: Curve[]; leftOut: string[] } {
  const left = curves.length - MAX_CURVES;
  if (left <= 0) return { shown: [...curves], leftOut: [] };
  // A class without pictures has no curve, so it comes last.
  const worst = curves.toSorted((one, other) => (one.value ?? Infinity) - (other.value ?? Infinity));
  const chosen = new Set(worst.slice(0, MAX_CURVES));
  return {
    shown: curves.filter((curve) => chosen.has(curve)),
    leftOut: [`the ${MAX_CURVES} classes with the smallest ${measure}; ${left} are left out`],
  };
}

/** The first and the last point and evenly chosen ones between them. */
export function thinOut<Point>(points: readonly Point[]): Point[] {
  const step = (points.length - 1) / (MAX_POINTS - 1);
  if (step <= 1) return [...points];
  return Array.from({ length: MAX_POINTS }, (_, index) => points[Math.round(index * step)]).filter(
    (point) => point !== undefined,
  );
}

/**
 * Tells curves apart by colour and, from the seventh on, by dashes as well.
 * @param title of the legend; null draws none
 */
export function curveChannels(curves: readonly { label: string }[], title: string | null) {
  const domain = curves.map(({ label }) => label);
  const channel = { field: 'label', type: 'nominal' as const, title };
  const legend =
    title === null ? null : { orient: 'bottom' as const, columns: 1, symbolType: 'stroke', symbolSize: 400 };
  return {
    color: { ...channel, scale: { domain }, legend },
    strokeDash: {
      ...channel,
      scale: {
        domain,
        range: domain.map((_, index) => DASHES[Math.floor(index / COLOURS) % DASHES.length] ?? [1, 0]),
      },
      legend,
    },
  };
}
