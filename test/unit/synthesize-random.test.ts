import { RandomDraws } from '../../tools/synthesize/random-draws.js';

const draw = (count: number, next: () => number) => Array.from({ length: count }, next);
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: number[]) => {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
};

describe('RandomDraws', () => {
  it('gives the stream that every earlier data set was made with', () => {
    const random = RandomDraws.of('gelql', 1, 2);
    expect(draw(4, () => random.nextUint32())).toEqual([524447837, 2988922824, 1885013917, 1120001759]);
  });

  it('repeats itself for the same path and differs for another', () => {
    const stream = (...path: (number | string)[]) => {
      const random = RandomDraws.of(...path);
      return draw(8, () => random.nextUint32()).join();
    };
    expect(stream('a', 1)).toBe(stream('a', 1));
    const paths = [
      stream('a', 1),
      stream('a', 2),
      stream('a', '1'),
      stream('a', 1, 0),
      stream('a1'),
      stream(1, 'a'),
    ];
    expect(new Set(paths).size).toBe(paths.length);
  });

  it('forks without touching the parent, and not depending on what the parent drew', () => {
    const drawn = RandomDraws.of(7);
    drawn.nextUint32();
    expect(drawn.fork('x').nextUint32()).toBe(RandomDraws.of(7).fork('x').nextUint32());
    const forked = RandomDraws.of(7);
    forked.fork('x');
    expect(forked.nextUint32()).toBe(RandomDraws.of(7).nextUint32());
  });

  it('has the moments that its methods promise', () => {
    const random = RandomDraws.of('moments');
    const uniform = draw(40_000, () => random.uniform(2, 6));
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...uniform)).toBeLessThan(6);
    expect(mean(uniform)).toBeCloseTo(4, 1);
    expect(deviation(uniform)).toBeCloseTo(4 / Math.sqrt(12), 1);
    const normal = draw(40_000, () => random.normal(5, 2));
    expect(mean(normal)).toBeCloseTo(5, 1);
    expect(deviation(normal)).toBeCloseTo(2, 1);
    const grain = draw(40_000, () => random.grain());
    expect(mean(grain)).toBeCloseTo(0, 1);
    expect(deviation(grain)).toBeCloseTo(1, 1);
    expect(mean(draw(20_000, () => random.poisson(3)))).toBeCloseTo(3, 1);
  });

  it('draws whole numbers evenly, both ends included', () => {
    const random = RandomDraws.of('dice');
    const counts = new Map<number, number>();
    for (let roll = 0; roll < 12_000; roll += 1) {
      const face = random.integer(1, 6);
      counts.set(face, (counts.get(face) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });

  it('shuffles without losing anything', () => {
    const items = Array.from({ length: 30 }, (_, index) => index);
    const shuffled = RandomDraws.of('cards').shuffle(items);
    expect(shuffled).not.toEqual(items);
    expect([...shuffled].sort((low, high) => low - high)).toEqual(items);
  });

  it('refuses to pick from nothing', () => {
    expect(() => RandomDraws.of(1).pick([])).toThrow(RangeError);
  });
});
