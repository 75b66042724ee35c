/** Colours of a theme; the seventh curve gets the first colour again, with dashes. */
const COLOURS = 6;
const DASHES = [
  [1, 0],
  [6, 3],
  [2, 3],
  [9, 3, 2, 3],
];

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
