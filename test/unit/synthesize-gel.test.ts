import { planGel } from '../../tools/synthesize/gel/gel-plan.js';
import { GEL_STYLES } from '../../tools/synthesize/gel/gel-styles.js';
import { LADDERS } from '../../tools/synthesize/gel/ladders.js';
import { makeFragmentRuler, mobilityOf } from '../../tools/synthesize/gel/migration.js';
import { renderGel } from '../../tools/synthesize/gel/render-gel.js';
import { RandomDraws } from '../../tools/synthesize/random-draws.js';

/** The published fit for 1.0 % agarose at 5 V/cm. */
const ONE_PERCENT = { short: 2.55, long: 0.67, crossoverBp: 5780 };

describe('migration', () => {
  it('runs from the mobility of short fragments to that of long ones', () => {
    expect(mobilityOf(ONE_PERCENT, 0)).toBeCloseTo(2.55, 9);
    expect(mobilityOf(ONE_PERCENT, 1e6)).toBeCloseTo(0.67, 6);
    // By hand: 1 / (1/2.55 + (1/0.67 - 1/2.55) (1 - exp(-1))) at the crossover length.
    expect(mobilityOf(ONE_PERCENT, 5780)).toBeCloseTo(0.9194, 3);
  });

  it('lets shorter fragments run further, and the front fragment to its place', () => {
    const ruler = makeFragmentRuler(ONE_PERCENT, 100, 0.9);
    expect(ruler(100)).toBeCloseTo(0.9, 12);
    const places = LADDERS.kilobase.rungs.map(([size]) => ruler(size));
    expect(places).toEqual([...places].sort((near, far) => near - far));
  });

  it.each(Object.entries(LADDERS))('shares out the whole mass of the %s ladder', (_name, ladder) => {
    const total = ladder.rungs.reduce((sum, [, share]) => sum + share, 0);
    expect(total).toBeGreaterThan(0.99);
    expect(total).toBeLessThan(1.011);
  });
});

describe('planGel', () => {
  it.each(GEL_STYLES)('keeps lanes of a %s gel on the canvas and apart from each other', (style) => {
    for (let seed = 0; seed < 20; seed += 1) {
      const plan = planGel(RandomDraws.of(style, seed), style, 480, 360);
      for (const comb of plan.combs) {
        expect(comb.lanes.length).toBeGreaterThanOrEqual(4);
        expect(comb.lanes.length).toBeLessThanOrEqual(20);
        expect(comb.wellY + comb.runPx).toBeLessThan(360);
        comb.lanes.forEach((lane, index) => {
          expect(lane.centreX).toBeGreaterThan(0);
          expect(lane.centreX).toBeLessThan(480);
          const next = comb.lanes[index + 1];
          if (next) expect(next.centreX - lane.centreX).toBeGreaterThan(lane.widthPx * 0.9);
        });
      }
    }
  });

  it('puts two or three combs on a gel of that style, one on the others', () => {
    for (const style of GEL_STYLES) {
      const { combs } = planGel(RandomDraws.of('combs', style), style, 400, 400);
      expect(combs.length > 1).toBe(style === 'two-combs');
    }
  });
});

describe('renderGel', () => {
  it('puts the bands of the ladder where its labels will point', () => {
    const plan = planGel(RandomDraws.of('ladder', 3), 'sds-page', 500, 500);
    const lane = plan.combs[0]?.lanes.find(({ sample }) => sample.kind === 'ladder');
    const { plane, anchors } = renderGel(RandomDraws.of('render', 3), { ...plan, hasWells: false });
    const x = Math.round(lane?.centreX ?? -1);
    const light = (y: number) => plane.values[Math.round(y) * plane.width + x] ?? 0;
    expect(anchors.rows.map(({ text }) => text).slice(0, 3)).toEqual(['250', '150', '100']);
    for (const { y } of anchors.rows) {
      const darkest = Math.min(...[-3, -2, -1, 0, 1, 2, 3].map((off) => light(y + off)));
      expect(darkest).toBeLessThan(0.9 * Math.max(light(y - 11), light(y + 11)));
    }
  });

  it('gives a band light in proportion to its mass', () => {
    const sumOfBand = (mass: number): number => {
      const plan = planGel(RandomDraws.of('mass', 1), 'pcr', 300, 300);
      const comb = plan.combs[0];
      if (!comb) throw new Error('a gel has a comb');
      const centreX = 150;
      const bands = [{ size: 500, mass }];
      const lanes = [{ centreX, widthPx: 40, sample: { kind: 'sample' as const, bands, background: 0 } }];
      const { plane } = renderGel(RandomDraws.of('mass', 2), {
        ...plan,
        hasWells: false,
        combs: [{ ...comb, lanes }],
      });
      const glow = renderGel(RandomDraws.of('mass', 2), { ...plan, hasWells: false, combs: [] });
      return plane.values.reduce((sum, value, index) => sum + value - (glow.plane.values[index] ?? 0), 0);
    };
    expect(sumOfBand(200) / sumOfBand(50)).toBeCloseTo(4, 1);
  });

  it('shows dye as darkness and fluorescence as light', () => {
    for (const style of ['sds-page', 'pcr'] as const) {
      const scene = renderGel(
        RandomDraws.of('stain', style),
        planGel(RandomDraws.of('stain', style), style, 300, 300),
      );
      expect(scene.isLightOnDark).toBe(style === 'pcr');
      expect(scene.plane.values.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
    }
  });
});
