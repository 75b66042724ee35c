import type { Compute } from '../compute/protocol.js';
import { loadArtifact } from '../db/artifacts.js';
import type { DatabaseScope } from '../db/client.js';
import { GelqlError } from '../errors.js';

/** Longest side in pixels: sharp at the size of a gallery, about 5 kB each. */
const SIDE = 160;
/** Small pictures that are kept, the most recently used ones; 500 take about 3 MB. */
const KEPT = 500;
/** Pictures of one gallery that are decoded at once: training, which shares the threads, gets its turn in between. */
const AT_ONCE = 4;

/** Small pictures as data URIs by SHA-256; null for one that this database does not hold or nobody can read. */
export type ThumbnailMap = ReadonlyMap<string, string | null>;

export interface Thumbnails {
  /** @throws GelqlError CANCELLED, SHUTTING_DOWN */
  load(sha256s: readonly string[], signal?: AbortSignal): Promise<ThumbnailMap>;
}

/** Draws small pictures of what the database holds, in the threads that decode pictures. */
export function createThumbnails(services: {
  config: { maxPixels: number };
  database: DatabaseScope;
  compute: Pick<Compute, 'drawThumbnail'>;
}): Thumbnails {
  const kept = new Map<string, string>();

  async function load(sha256: string, signal?: AbortSignal): Promise<string | null> {
    const known = kept.get(sha256);
    const uri = known ?? (await draw(services, sha256, signal));
    if (uri === null) return null;
    // To the end, as the most recently used; the first is the one to forget.
    kept.delete(sha256);
    kept.set(sha256, uri);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value ?? '');
    return uri;
  }

  return {
    async load(sha256s, signal) {
      const drawn = new Map<string, string | null>();
      const waiting = [...new Set(sha256s)];
      const drawNext = async (): Promise<void> => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          drawn.set(next, await load(next, signal));
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, drawNext));
      return drawn;
    },
  };
}

async function draw(
  { config, database, compute }: Parameters<typeof createThumbnails>[0],
  sha256: string,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  try {
    const bytes = await loadArtifact(database, sha256);
    const task = { bytes, side: SIDE, maxPixels: config.maxPixels };
    const { jpeg } = await compute.drawThumbnail(task, { lane: 'training', ...(signal && { signal }) });
    return `data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}`;
  } catch (error) {
    if (!(error instanceof GelqlError) || isPassing(error)) throw error;
    return null;
  }
}

/** Errors that say nothing about the picture. */
function isPassing({ code }: GelqlError): boolean {
  return (
    code === 'CANCELLED' || code === 'SHUTTING_DOWN' || code === 'WORKER_CRASHED' || code === 'SETUP_FAILED'
  );
}
