import { and, asc, eq, ne } from 'drizzle-orm';
import { chunksInTurn } from '../../db/chunks.js';
import type { DatabaseScope } from '../../db/client.js';
import { runCheckpointChunks } from '../../db/schema.js';
import type { CheckpointBytes, CheckpointKey } from './checkpoint-bytes.js';

/** In chunks, each in a statement of its own, so that nobody waits for the database meanwhile. */
export function createDatabaseCheckpoints({ drizzle }: DatabaseScope): CheckpointBytes {
  const { runId: ofRun, sha256: digest, position: place, bytes: content } = runCheckpointChunks;
  const isPart = ({ runId, sha256 }: CheckpointKey) => and(eq(ofRun, runId), eq(digest, sha256));
  return {
    async write(key, bytes) {
      for await (const { position, chunk } of chunksInTurn(bytes)) {
        const row = { ...key, position, bytes: chunk };
        await drizzle.insert(runCheckpointChunks).values(row).onConflictDoNothing();
      }
    },
    async read(key) {
      const positions = await drizzle
        .select({ place })
        .from(runCheckpointChunks)
        .where(isPart(key))
        .orderBy(asc(place));
      const chunks: Uint8Array[] = [];
      for (const { place: position } of positions) {
        const isChunk = and(isPart(key), eq(place, position));
        const [row] = await drizzle.select({ content }).from(runCheckpointChunks).where(isChunk);
        if (row !== undefined) chunks.push(row.content);
      }
      return positions.length === 0 ? null : Buffer.concat(chunks);
    },
    async remove(key) {
      await drizzle.delete(runCheckpointChunks).where(isPart(key));
    },
    async keepOnly({ runId, sha256 }) {
      await drizzle.delete(runCheckpointChunks).where(and(eq(ofRun, runId), ne(digest, sha256)));
    },
  };
}
