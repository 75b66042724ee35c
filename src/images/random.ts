import { createHash } from 'node:crypto';

/** Draws that depend on the seed only, equal on every machine: integer arithmetic throughout. */
export interface Random {
  /** An integer in 0..bound-1; `bound` up to 2^21 keeps the product exact. */
  below(bound: number): number;
  /** An integer in minimum..maximum, both included. */
  between(minimum: number, maximum: number): number;
}

/** xoshiro128** (Blackman and Vigna, 2018), its 128 bits of state taken from the SHA-256 of `seed`. */
export function createRandom(seed: string): Random {
  const digest = createHash('sha256').update(seed).digest();
  const state = Uint32Array.from({ length: 4 }, (_, i) => digest.readUInt32LE(i * 4));

  const below = (bound: number) => Math.floor((nextWord(state) * bound) / 2 ** 32);
  return { below, between: (minimum, maximum) => minimum + below(maximum - minimum + 1) };
}

function nextWord(state: Uint32Array): number {
  const result = Math.imul(rotateLeft(Math.imul(state[1]!, 5), 7), 9) >>> 0;
  const shifted = state[1]! << 9;
  state[2]! ^= state[0]!;
  state[3]! ^= state[1]!;
  state[1]! ^= state[2]!;
  state[0]! ^= state[3]!;
  state[2]! ^= shifted;
  state[3] = rotateLeft(state[3]!, 11);
  return result;
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
