/** A size standard: fragment sizes and the share of the loaded mass that each of them holds. */
export interface Ladder {
  unit: 'bp' | 'kDa';
  /** Largest first. */
  rungs: readonly (readonly [size: number, massShare: number])[];
}

/** Standards by their general kind; no trade names. */
export const LADDERS = {
  kilobase: {
    unit: 'bp',
    rungs: [
      [10000, 0.06],
      [8000, 0.06],
      [6000, 0.14],
      [5000, 0.06],
      [4000, 0.06],
      [3500, 0.06],
      [3000, 0.14],
      [2500, 0.05],
      [2000, 0.05],
      [1500, 0.05],
      [1000, 0.12],
      [750, 0.05],
      [500, 0.05],
      [250, 0.05],
    ],
  },
  wideKilobase: {
    unit: 'bp',
    rungs: [
      [20000, 0.04],
      [10000, 0.04],
      [7000, 0.04],
      [5000, 0.15],
      [4000, 0.04],
      [3000, 0.04],
      [2000, 0.04],
      [1500, 0.16],
      [1000, 0.05],
      [700, 0.05],
      [500, 0.15],
      [400, 0.05],
      [300, 0.05],
      [200, 0.05],
      [75, 0.05],
    ],
  },
  hundredBase: {
    unit: 'bp',
    rungs: [
      [1500, 0.07],
      [1200, 0.06],
      [1000, 0.13],
      [900, 0.06],
      [800, 0.06],
      [700, 0.06],
      [600, 0.06],
      [500, 0.2],
      [400, 0.08],
      [300, 0.08],
      [200, 0.07],
      [100, 0.07],
    ],
  },
  highRange: {
    unit: 'bp',
    rungs: [
      [48502, 0.16],
      [24508, 0.176],
      [20555, 0.16],
      [17000, 0.118],
      [15258, 0.118],
      [13825, 0.1],
      [12119, 0.094],
      [10171, 0.074],
    ],
  },
  protein: {
    unit: 'kDa',
    rungs: [
      [250, 0.07],
      [150, 0.08],
      [100, 0.08],
      [75, 0.18],
      [50, 0.13],
      [37, 0.09],
      [25, 0.17],
      [20, 0.08],
      [15, 0.07],
      [10, 0.05],
    ],
  },
} as const satisfies Record<string, Ladder>;

export type LadderName = keyof typeof LADDERS;
