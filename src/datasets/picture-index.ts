import { HASH_WINDOWS, hashWindows, parseHash, type HashWords } from '../images/facts/perceptual-hash.js';
import { createHashIndex } from './hash-index.js';

/** What near-duplicates are found by. */
export interface ComparedPicture {
  /** Null takes no part. */
  perceptualHash: string | null;
  /** [64 * 64]. */
  miniature: Uint8Array;
}

/** Called now and then with the share of the work that is done; gives the event loop a turn where it must. */
export type TakeTurn = (share: number) => Promise<void>;

/** The hashes of one picture that lie nearest to what was asked for. */
export interface NearHash {
  picture: number;
  /** Position in HASH_WINDOWS; 0 is the whole. */
  window: number;
  distance: number;
}

interface Lookup {
  /** For each picture with a hash within reach the nearest, of equally near ones the first; in no order. */
  nearest(hash: HashWords): NearHash[];
}

export interface PictureIndex {
  /** Whole pictures. */
  wholes: Lookup;
  /** Pictures and their parts. */
  windows: Lookup;
}

/** Hashes all parts of all pictures, 2 kB and 2 ms of processor time each. */
export async function indexPictures(
  pictures: readonly ComparedPicture[],
  takeTurn: TakeTurn,
): Promise<PictureIndex> {
  const positions = [...pictures.keys()].filter((position) => pictures[position]?.perceptualHash !== null);
  const wholes = new Uint32Array(positions.length * 2);
  const windows = new Uint32Array(positions.length * HASH_WINDOWS.length * 2);
  for (const [index, position] of positions.entries()) {
    const { perceptualHash, miniature } = pictures[position]!;
    const { high, low } = parseHash(perceptualHash ?? '');
    wholes.set([high, low], index * 2);
    windows.set(hashWindows(miniature), index * HASH_WINDOWS.length * 2);
    await takeTurn(index / positions.length);
  }
  return {
    wholes: createLookup(wholes, positions, 1),
    windows: createLookup(windows, positions, HASH_WINDOWS.length),
  };
}

function createLookup(hashes: Uint32Array, positions: readonly number[], hashesPerPicture: number): Lookup {
  const index = createHashIndex(hashes);
  return {
    nearest({ high, low }) {
      const nearest = new Map<number, NearHash>();
      index.visitNear(high, low, (hash, distance) => {
        const picture = positions[Math.floor(hash / hashesPerPicture)]!;
        const window = hash % hashesPerPicture;
        const best = nearest.get(picture);
        const isFarther =
          best !== undefined &&
          (best.distance < distance || (best.distance === distance && best.window <= window));
        if (!isFarther) nearest.set(picture, { picture, window, distance });
      });
      return [...nearest.values()];
    },
  };
}
