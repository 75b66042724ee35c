/** A quantitative channel from 0 % to 100 %. */
export function shareChannel(field: string, title: string) {
  return {
    field,
    type: 'quantitative' as const,
    title,
    scale: { domain: [0, 1] },
    axis: { format: '.0%', tickCount: 5 },
  };
}

/** Side of a square plot whose axes are both shares. */
export const SQUARE_PIXELS = 340;
