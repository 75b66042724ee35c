import { countBits } from '../images/facts/perceptual-hash.js';

/** Hashes that differ in at most so many of their 63 bits are looked at more closely. */
export const CANDIDATE_BITS = 10;

const CHUNKS = 4;
const CHUNK_VALUES = 1 << 16;
/** 10 differing bits cannot be more than 2 in each of four chunks. */
const CHUNK_BITS = Math.floor(CANDIDATE_BITS / CHUNKS);
/** All ways to differ in at most two of sixteen bits. */
const CHUNK_DIFFERENCES = Uint16Array.from({ length: CHUNK_VALUES }, (_, bits) => bits).filter(
  (bits) => countBits(bits) <= CHUNK_BITS,
);

export interface HashIndex {
  /** Calls back for each hash within CANDIDATE_BITS, some of them more than once. */
  visitNear(high: number, low: number, visit: (position: number, distance: number) => void): void;
}

/**
 * Finds hashes near another without comparing all: of four chunks of 16 bits at least one must nearly agree, so those
 * that share one are looked up in 4 x 137 buckets (Norouzi, Punjani and Fleet, "Fast exact search in Hamming space with
 * multi-index hashing", 2014).
 * @param hashes [count * 2], high and low word in turn
 */
export function createHashIndex(hashes: Uint32Array): HashIndex {
  const count = hashes.length / 2;
  const chunkOf = (position: number, chunk: number) =>
    (hashes[2 * position + (chunk >> 1)]! >>> (chunk & 1 ? 0 : 16)) & 0xffff;
  const buckets = Array.from({ length: CHUNKS }, (_, chunk) =>
    fillBuckets(count, (position) => chunkOf(position, chunk)),
  );
  return {
    visitNear(high, low, visit) {
      buckets.forEach(({ starts, positions }, chunk) => {
        const own = ((chunk < 2 ? high : low) >>> (chunk & 1 ? 0 : 16)) & 0xffff;
        for (let way = 0; way < CHUNK_DIFFERENCES.length; way++) {
          const value = own ^ CHUNK_DIFFERENCES[way]!;
          for (let at = starts[value]!; at < starts[value + 1]!; at++) {
            const position = positions[at]!;
            const distance =
              countBits(hashes[2 * position]! ^ high) + countBits(hashes[2 * position + 1]! ^ low);
            if (distance <= CANDIDATE_BITS) visit(position, distance);
          }
        }
      });
    },
  };
}

/** Positions sorted by their chunk's value; those of value v stand from starts[v] to starts[v + 1]. */
function fillBuckets(count: number, valueOf: (position: number) => number) {
  const starts = new Uint32Array(CHUNK_VALUES + 1);
  for (let position = 0; position < count; position++) starts[valueOf(position) + 1]!++;
  for (let value = 0; value < CHUNK_VALUES; value++) starts[value + 1]! += starts[value]!;
  const next = starts.slice();
  const positions = new Uint32Array(count);
  for (let position = 0; position < count; position++) positions[next[valueOf(position)]!++] = position;
  return { starts, positions };
}
