/**
 * Reproducible random numbers: xoshiro128** (Blackman and Vigna, 2018), seeded by hashing a path of words.
 * Integer arithmetic only, so that the stream is the same on every machine. Not for secrets.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  private constructor(private readonly seed: number) {
    const next = splitMix32(seed);
    this.a = next();
    this.b = next();
    this.c = next();
    this.d = next() | 1;
  }

  /** A generator for this path; different paths give independent streams. */
  static of(...path: (number | string)[]): Random {
    return new Random(hashWords(0x9e3779b9, path));
  }

  /** An independent generator for one stage, so that a change in one stage leaves the others as they were. */
  fork(...path: (number | string)[]): Random {
    return new Random(hashWords(this.seed, path));
  }

  /** A whole number in 0..2^32-1. */
  nextUint32(): number {
    const scaled = Math.imul(this.b, 5);
    const result = Math.imul((scaled << 7) | (scaled >>> 25), 9) >>> 0;
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= shifted;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result;
  }

  /** In [low, high). */
  uniform(low = 0, high = 1): number {
    return low + (this.nextUint32() / 4294967296) * (high - low);
  }

  /** A whole number in low..high, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor((this.nextUint32() / 4294967296) * (high - low + 1));
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

function splitMix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    return mix(state);
  };
}

function mix(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x21f0aaad);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}

function hashWords(start: number, path: (number | string)[]): number {
  let hash = start | 0;
  for (const word of path) {
    for (const character of `${typeof word}:${word};`) {
      hash = mix((hash ^ (character.codePointAt(0) ?? 0)) + 0x9e3779b9);
    }
  }
  return hash;
}
