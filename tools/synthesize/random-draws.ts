import { createRandom } from '../../src/random.js';

/** Draws from the distributions that the generator needs, on a reproducible stream. Not for secrets. */
export class RandomDraws {
  private readonly source;

  private constructor(private readonly path: string) {
    this.source = createRandom(0, path);
  }

  /** A generator for this path; different paths give independent streams. */
  static of(...path: (number | string)[]): RandomDraws {
    return new RandomDraws(joinPath('', path));
  }

  /** An independent generator for one stage, so that a change in one stage leaves the others as they were. */
  fork(...path: (number | string)[]): RandomDraws {
    return new RandomDraws(joinPath(this.path, path));
  }

  /** A whole number in 0..2^32-1. */
  nextUint32(): number {
    return this.source.nextUint32();
  }

  /** In [low, high). */
  uniform(low = 0, high = 1): number {
    return low + this.source.nextFloat() * (high - low);
  }

  /** A whole number in low..high, both included. */
  integer(low: number, high: number): number {
    return low + this.source.nextBelow(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** Uniform on a logarithmic axis; both bounds above 0. */
  logUniform(low: number, high: number): number {
    return low * Math.exp(this.uniform() * Math.log(high / low));
  }

  /** Nearly normal: the sum of twelve bytes (Irwin-Hall), never beyond 6 standard deviations. */
  normal(mean = 0, standardDeviation = 1): number {
    const sum = sumOfBytes(this.nextUint32()) + sumOfBytes(this.nextUint32()) + sumOfBytes(this.nextUint32());
    return mean + standardDeviation * ((sum - 1530) / 255.998);
  }

  /** Cheap bell-shaped noise with standard deviation 1 from four bytes: one draw a pixel. */
  grain(): number {
    return (sumOfBytes(this.nextUint32()) - 510) / 147.8;
  }

  /** Number of events where `expected` are expected; for small expectations (Knuth's product method). */
  poisson(expected: number): number {
    const limit = Math.exp(-expected);
    let events = 0;
    for (let product = this.uniform(); product > limit; product *= this.uniform()) events += 1;
    return events;
  }

  pick<T>(choices: readonly T[]): T {
    const chosen = choices[this.integer(0, choices.length - 1)];
    if (chosen === undefined) throw new RangeError('pick needs at least one choice');
    return chosen;
  }

  /** A shuffled copy (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const rest = [...items];
    const shuffled: T[] = [];
    while (rest.length > 0) shuffled.push(...rest.splice(this.integer(0, rest.length - 1), 1));
    return shuffled;
  }
}

function sumOfBytes(word: number): number {
  return (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
}

/** The number 1 and the word '1' are different steps. */
function joinPath(start: string, path: (number | string)[]): string {
  return path.reduce<string>((joined, step) => `${joined}/${typeof step}:${step}`, start);
}
