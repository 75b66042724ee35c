import { type RandomDraws } from '../random-draws.js';

/**
 * How far molecules run: the Van Winkle-Beheshti-Rill equation,
 * 1/mobility(L) = 1/short + (1/long - 1/short) (1 - exp(-L / crossover)).
 */
export interface Mobility {
  /** Mobility of short fragments, 1e-8 m2/Vs. */
  short: number;
  /** Mobility of long fragments, 1e-8 m2/Vs. */
  long: number;
  /** Fragment length at which the one regime turns into the other, base pairs. */
  crossoverBp: number;
}

/** Ranges around the fits published for horizontal agarose gels of 0.5 to 1.5 %. */
export function drawMobility(random: RandomDraws): Mobility {
  return {
    short: random.uniform(2.2, 3.6),
    long: random.uniform(0.25, 1),
    crossoverBp: random.logUniform(4000, 15000),
  };
}

/** Mobility of a fragment of `lengthBp` base pairs, 1e-8 m2/Vs. */
export function mobilityOf(mobility: Mobility, lengthBp: number): number {
  const slowness = 1 / mobility.long - 1 / mobility.short;
  return 1 / (1 / mobility.short + slowness * (1 - Math.exp(-lengthBp / mobility.crossoverBp)));
}

/**
 * Distance from the well as a share of the run, for fragments of base pairs.
 * @param frontBp the fragment that has reached `frontShare` of the run
 */
export function makeFragmentRuler(
  mobility: Mobility,
  frontBp: number,
  frontShare: number,
): (bp: number) => number {
  const scale = frontShare / mobilityOf(mobility, frontBp);
  return (bp) => mobilityOf(mobility, bp) * scale;
}

/** Distance from the well as a share of the run for proteins: linear in the logarithm of the mass in kDa. */
export function makeProteinRuler(random: RandomDraws): (kiloDalton: number) => number {
  const atLargest = random.uniform(0.03, 0.12);
  const atSmallest = random.uniform(0.8, 0.99);
  const slope = (atSmallest - atLargest) / Math.log(250 / 10);
  return (kiloDalton) => atLargest + slope * Math.log(250 / kiloDalton);
}
