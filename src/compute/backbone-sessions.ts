import { backboneKey, type BackboneRecord } from '../words/architecture.js';
import type { BackboneSession } from './engines/engine.js';

export interface BackboneSessions {
  /** The session of this backbone, opened on first use. Not to be called before an earlier call has settled. */
  get(backbone: BackboneRecord): Promise<BackboneSession>;
}

/**
 * The backbones that one worker holds in its engine's memory (ResNet18 45 MB, VGG16 528 MB): at most `limit`, the least
 * recently used one is released for the next.
 */
export function createBackboneSessions(
  open: (backbone: BackboneRecord) => Promise<BackboneSession>,
  limit: number,
): BackboneSessions {
  /** In the order of use, the oldest first. */
  const sessions = new Map<string, BackboneSession>();

  async function releaseOldest(): Promise<void> {
    const oldest = sessions.entries().next().value;
    if (oldest === undefined) return;
    const [key, session] = oldest;
    sessions.delete(key);
    await session.release();
  }

  return {
    async get(backbone) {
      const key = backboneKey(backbone);
      const known = sessions.get(key);
      sessions.delete(key);
      // Released before the next is loaded: both at once would be the peak of memory.
      while (known === undefined && sessions.size >= limit) await releaseOldest();
      const session = known ?? (await open(backbone));
      sessions.set(key, session);
      return session;
    },
  };
}
