/** A deterministic source of integers: the same seed and stream give the same sequence on every machine and engine. */
export interface Random {
  /** 0..2^32-1. */
  nextUint32(): number;
  /** 0 <= value < 1, in steps of 2^-32. */
  nextFloat(): number;
  /** 0..limit-1, each equally likely. `limit` 1..2^32. */
  nextBelow(limit: number): number;
}

const TWO_TO_32 = 2 ** 32;
// Looked up once: in the contexts that tests run in, each use of a global is slow.
const { imul } = Math;

/**
 * xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021), its state filled by a
 * 32-bit splitmix over the seed and the stream's name. Integer operations only, so no engine or platform can differ.
 * @param seed any safe integer
 * @param stream what the numbers are for: one seed gives independent sequences to each use
 */
export function createRandom(seed: number, stream: string): Random {
  const next = splitmix32(foldSeed(seed, stream));
  let [a, b, c, d] = [next(), next(), next(), next() | 1];
  const nextUint32 = (): number => {
    const result = imul(rotateLeft(imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result;
  };
  const nextBelow = (limit: number): number => {
    const ceiling = TWO_TO_32 - (TWO_TO_32 % limit);
    let value = nextUint32();
    while (value >= ceiling) value = nextUint32();
    return value % limit;
  };
  return { nextUint32, nextFloat: () => nextUint32() / TWO_TO_32, nextBelow };
}

/** Fisher-Yates in place. */
export function shuffle<T extends { length: number; [index: number]: number }>(values: T, random: Random): T {
  for (let last = values.length - 1; last > 0; last--) {
    const other = random.nextBelow(last + 1);
    const value = values[last] ?? 0;
    values[last] = values[other] ?? 0;
    values[other] = value;
  }
  return values;
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** FNV-1a over the stream's characters and both halves of the seed. */
function foldSeed(seed: number, stream: string): number {
  const words = [...stream].map((character) => character.codePointAt(0) ?? 0);
  let hash = 0x811c9dc5;
  for (const word of [...words, seed | 0, Math.floor(seed / TWO_TO_32) | 0]) {
    hash = imul(hash ^ word, 0x01000193);
  }
  return hash;
}

function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
}
