import { type RandomDraws } from '../random-draws.js';
import { LADDERS, type Ladder, type LadderName } from './ladders.js';
import { drawMobility, makeFragmentRuler, makeProteinRuler } from './migration.js';
import { drawSamples, type Sample } from './samples.js';
import { type GelStyle } from './gel-styles.js';

export interface Lane {
  /** Middle of the lane in pixels. */
  centreX: number;
  widthPx: number;
  sample: Sample;
}

/** One row of wells and what runs below it. */
export interface Comb {
  wellY: number;
  runPx: number;
  lanes: Lane[];
  ladder: Ladder;
  /** Share of the run that a fragment of this size (bp or kDa) has covered. */
  ruler: (size: number) => number;
}

export interface GelPlan {
  style: GelStyle;
  width: number;
  height: number;
  combs: Comb[];
  hasWells: boolean;
  /** Stained by a dye that takes light away (Coomassie, silver): dark bands on a light gel. */
  isAbsorbing: boolean;
}

const LADDER_CHOICES: Record<GelStyle, readonly LadderName[]> = {
  pcr: ['hundredBase', 'hundredBase', 'kilobase', 'wideKilobase'],
  digest: ['kilobase', 'wideKilobase'],
  'two-combs': ['hundredBase', 'kilobase'],
  titration: ['kilobase', 'hundredBase'],
  plasmid: ['kilobase'],
  genomic: ['highRange', 'wideKilobase', 'kilobase'],
  rna: ['kilobase', 'wideKilobase'],
  'sds-page': ['protein'],
  screening: ['hundredBase', 'kilobase'],
};

/** Draws what is loaded where and how it runs. Ranges follow docs of real gels: 4 to 20 lanes, 12 % of them empty. */
export function planGel(random: RandomDraws, style: GelStyle, width: number, height: number): GelPlan {
  const combCount = style === 'two-combs' ? random.pick([2, 2, 2, 3]) : 1;
  const firstWellY = height * random.uniform(0.05, combCount > 1 ? 0.1 : 0.17);
  const pitchOfCombs = (height - firstWellY) / combCount;
  const columns = drawColumns(random, style, width);
  const combs = Array.from({ length: combCount }, (_, index) =>
    planComb(random.fork('comb', index), style, columns, firstWellY + index * pitchOfCombs, pitchOfCombs),
  );
  return {
    style,
    width,
    height,
    combs,
    hasWells: random.chance(style === 'sds-page' ? 0.6 : 0.78),
    isAbsorbing: style === 'sds-page',
  };
}

interface Columns {
  centres: number[];
  laneWidth: number;
}

function drawColumns(random: RandomDraws, style: GelStyle, width: number): Columns {
  const laneCount =
    style === 'two-combs' ? random.integer(10, 20) : random.integer(4, random.pick([8, 12, 16]));
  const left = width * random.uniform(0.02, 0.12);
  const right = width * (1 - random.uniform(0.02, 0.14));
  const pitch = Math.min((right - left) / laneCount, width * 0.17);
  const shift = random.uniform(0, right - left - pitch * laneCount);
  const centres = Array.from(
    { length: laneCount },
    (_, lane) => left + shift + pitch * (lane + 0.5) + random.normal(0, 0.02 * pitch),
  );
  const share = style === 'sds-page' ? random.uniform(0.78, 0.93) : random.uniform(0.55, 0.86);
  return { centres, laneWidth: pitch * share };
}

function planComb(
  random: RandomDraws,
  style: GelStyle,
  columns: Columns,
  wellY: number,
  spacePx: number,
): Comb {
  const ladderName = random.pick(LADDER_CHOICES[style]);
  const ladder: Ladder = LADDERS[ladderName];
  const runPx = spacePx * random.uniform(0.84, 0.93);
  const ruler =
    ladder.unit === 'kDa'
      ? makeProteinRuler(random)
      : makeFragmentRuler(drawMobility(random), ...drawFront(random, ladderName));
  const samples = drawSamples(random.fork('samples'), style, columns.centres.length, ladder);
  const lanes = columns.centres.map((centreX, index) => ({
    centreX,
    widthPx: columns.laneWidth * random.uniform(0.95, 1.05),
    sample: samples[index] ?? { kind: 'empty', bands: [], background: 0 },
  }));
  return { wellY, runPx, lanes, ladder, ruler };
}

/** The fragment at the front, and how far it came. */
function drawFront(random: RandomDraws, ladder: LadderName): [bp: number, share: number] {
  if (ladder === 'highRange') return [8000, random.uniform(0.5, 0.9)];
  if (ladder === 'hundredBase') return [random.pick([50, 75, 100]), random.uniform(0.6, 0.95)];
  return [random.pick([75, 100, 200]), random.uniform(0.65, 0.98)];
}
