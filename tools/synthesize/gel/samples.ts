import { type RandomDraws } from '../random-draws.js';
import { type GelStyle } from './gel-styles.js';
import { type Ladder } from './ladders.js';

/** One kind of molecule in a lane: `size` in the ladder's unit, `mass` in units of about a nanogram. */
export interface BandLoad {
  size: number;
  mass: number;
  /** How many times wider than a sharp band; 1 by default. Primer dimers and dye fronts are wide. */
  spread?: number;
}

/** A continuous range of sizes: degraded or sheared nucleic acid. */
export interface SmearLoad {
  fromSize: number;
  toSize: number;
  /** Brightness in units of a strong band. */
  strength: number;
}

export interface Sample {
  kind: 'ladder' | 'sample' | 'empty';
  bands: BandLoad[];
  smear?: SmearLoad;
  /** Haze of the whole lane, 0..0.35. */
  background: number;
}

type SampleRecipe = (random: RandomDraws, lane: number, laneCount: number) => Sample;

/** What is loaded into each lane. The ladder stands at one or both ends, seldom in the middle or missing. */
export function drawSamples(
  random: RandomDraws,
  style: GelStyle,
  laneCount: number,
  ladder: Ladder,
): Sample[] {
  const ladderLanes = chooseLadderLanes(random, laneCount);
  const ladderMass = 500 * random.uniform(0.5, 1.3);
  const recipe = makeRecipe(random.fork('recipe'), style, ladder);
  return Array.from({ length: laneCount }, (_, lane) => {
    const own = random.fork('lane', lane);
    if (ladderLanes.includes(lane)) return loadLadder(own, ladder, ladderMass);
    if (own.chance(0.12)) return { kind: 'empty', bands: [], background: own.uniform(0, 0.03) };
    return addHaze(own, recipe(own, lane, laneCount), style);
  });
}

function chooseLadderLanes(random: RandomDraws, laneCount: number): number[] {
  const last = laneCount - 1;
  return random.pick([[0], [0], [0], [0], [last], [0, last], [0, last], [random.integer(1, last - 1)], []]);
}

function loadLadder(random: RandomDraws, ladder: Ladder, mass: number): Sample {
  const bands = ladder.rungs.map(([size, share]) => ({
    size,
    mass: mass * share * random.uniform(0.85, 1.15),
  }));
  return { kind: 'ladder', bands, background: random.uniform(0, 0.05) };
}

function addHaze(random: RandomDraws, sample: Sample, style: GelStyle): Sample {
  const background = style === 'sds-page' ? random.uniform(0.05, 0.35) : random.uniform(0, 0.12);
  if (sample.smear || style === 'sds-page' || !random.chance(0.2)) return { ...sample, background };
  const fromSize = random.logUniform(2000, 12000);
  return {
    ...sample,
    background,
    smear: { fromSize, toSize: fromSize / random.uniform(4, 40), strength: random.uniform(0.04, 0.3) },
  };
}

function makeRecipe(random: RandomDraws, style: GelStyle, ladder: Ladder): SampleRecipe {
  switch (style) {
    case 'pcr':
    case 'two-combs':
      return pcrRecipe(random, random.uniform(0.6, 1), false);
    case 'screening':
      return pcrRecipe(random, random.uniform(0.25, 0.6), true);
    case 'digest':
      return digestRecipe(random);
    case 'titration':
      return titrationRecipe(random);
    case 'plasmid':
      return plasmidRecipe(random);
    case 'genomic':
      return genomicRecipe(random);
    case 'rna':
      return rnaRecipe(random);
    case 'sds-page':
      return proteinRecipe(random, ladder);
  }
}

const bandMass = (random: RandomDraws) => Math.exp(Math.min(5.6, random.normal(4, 0.7)));

function pcrRecipe(shared: RandomDraws, successShare: number, isVaried: boolean): SampleRecipe {
  const size = shared.logUniform(160, 2600);
  const hasDimers = shared.chance(0.45);
  const hasSecond = shared.chance(0.3);
  return (random) => {
    const own = isVaried && random.chance(0.4) ? random.logUniform(150, 3000) : size;
    const bands: BandLoad[] = [];
    const hasWorked = random.chance(successShare);
    if (hasWorked) bands.push({ size: own, mass: bandMass(random) });
    if (hasSecond && random.chance(0.6))
      bands.push({ size: own * random.uniform(0.4, 2), mass: bandMass(random) * 0.4 });
    if (isVaried) {
      for (let extra = random.poisson(1.2); extra > 0; extra -= 1) {
        bands.push({
          size: random.logUniform(120, 4000),
          mass: bandMass(random) * random.uniform(0.05, 0.5),
        });
      }
    }
    if (hasDimers) {
      const spread = random.uniform(2.2, 4);
      bands.push({ size: random.uniform(30, 80), mass: bandMass(random) * (hasWorked ? 0.6 : 1.3), spread });
    }
    return { kind: 'sample', bands, background: 0 };
  };
}

function digestRecipe(shared: RandomDraws): SampleRecipe {
  const totalBp = shared.logUniform(3500, 14000);
  return (random) => {
    const cuts = random.integer(1, 6);
    const parts = Array.from({ length: cuts }, () => random.uniform(0.15, 1));
    const sum = parts.reduce((total, part) => total + part, 0);
    const load = random.uniform(120, 420);
    // Equal numbers of molecules: mass, and so light, is proportional to length.
    const bands = parts.map((part) => ({ size: (part / sum) * totalBp, mass: (part / sum) * load }));
    if (random.chance(0.3)) bands.push({ size: totalBp, mass: load * random.uniform(0.05, 0.4) });
    return { kind: 'sample', bands, background: 0 };
  };
}

function titrationRecipe(shared: RandomDraws): SampleRecipe {
  const size = shared.logUniform(300, 5000);
  const factor = shared.pick([1.5, 2, 2, 3]);
  const isRising = shared.chance(0.5);
  const shifted = shared.chance(0.4) ? size * shared.uniform(1.3, 2.6) : null;
  const start = shared.uniform(150, 330);
  return (_random, lane, laneCount) => {
    const step = isRising ? laneCount - 1 - lane : lane;
    const mass = start * factor ** -Math.min(step, 9);
    const bands: BandLoad[] = [{ size, mass }];
    if (shifted !== null) bands.push({ size: shifted, mass: Math.max(0, start - mass) * 0.7 });
    return { kind: 'sample', bands, background: 0 };
  };
}

function plasmidRecipe(shared: RandomDraws): SampleRecipe {
  const size = shared.logUniform(2500, 9000);
  return (random) => {
    const load = random.uniform(60, 320);
    const supercoiled = random.uniform(0.3, 0.8);
    const isCut = random.chance(0.3);
    const own = random.chance(0.25) ? size * random.uniform(0.7, 1.4) : size;
    const bands: BandLoad[] = isCut
      ? [{ size: own, mass: load }]
      : [
          { size: own * 0.55, mass: load * supercoiled },
          { size: own, mass: load * (1 - supercoiled) * random.uniform(0.05, 0.5) },
          { size: own * 2.4, mass: load * (1 - supercoiled) * 0.6 },
        ];
    return { kind: 'sample', bands, background: 0 };
  };
}

function genomicRecipe(shared: RandomDraws): SampleRecipe {
  const isSheared = shared.chance(0.45);
  return (random) => {
    const top = random.logUniform(12000, 30000);
    const bands: BandLoad[] = random.chance(isSheared ? 0.4 : 0.9)
      ? [{ size: top, mass: bandMass(random) * 1.8, spread: 1.6 }]
      : [];
    const toSize = isSheared ? random.logUniform(120, 900) : random.logUniform(600, 6000);
    const smear = { fromSize: top, toSize, strength: random.uniform(0.12, 0.75) };
    return { kind: 'sample', bands, smear, background: 0 };
  };
}

function rnaRecipe(shared: RandomDraws): SampleRecipe {
  const [large, small] = shared.chance(0.5) ? [3800, 1850] : [2800, 1500];
  return (random) => {
    const mass = bandMass(random) * 1.2;
    const degraded = random.uniform(0, 1) ** 2;
    const bands = [
      { size: large, mass: 2 * mass * (1 - degraded), spread: 1.4 },
      { size: small, mass: mass * (1 - 0.7 * degraded), spread: 1.4 },
      { size: 140, mass: mass * random.uniform(0.1, 0.7), spread: 2.6 },
    ];
    const smear = { fromSize: 4200, toSize: 180, strength: 0.08 + 0.35 * degraded };
    return { kind: 'sample', bands, smear, background: 0 };
  };
}

function proteinRecipe(shared: RandomDraws, ladder: Ladder): SampleRecipe {
  const smallest = ladder.rungs.at(-1)?.[0] ?? 10;
  const common = Array.from({ length: shared.integer(9, 22) }, () => ({
    size: shared.logUniform(smallest * 1.1, 220),
    mass: 12 + bandMass(shared) * 0.5,
  }));
  const product = { size: shared.logUniform(14, 90), mass: 260 };
  const isPurification = shared.chance(0.4);
  return (random, lane, laneCount) => {
    const dirt = isPurification ? Math.max(0.04, 1 - (1.5 * lane) / laneCount) : random.uniform(0.5, 1);
    const bands: BandLoad[] = common.map(({ size, mass }) => ({
      size,
      mass: mass * dirt * random.uniform(0.5, 1.3),
    }));
    const hasProduct = isPurification || random.chance(0.5);
    if (hasProduct)
      bands.push({ size: product.size, mass: product.mass * random.uniform(0.3, 1), spread: 1.5 });
    return { kind: 'sample', bands, background: 0 };
  };
}
