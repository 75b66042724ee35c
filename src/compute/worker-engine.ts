import { GelqlError } from '../errors.js';
import { createBackboneSessions, type BackboneSessions } from './backbone-sessions.js';
import type { BackboneRecord } from '../words/architecture.js';
import type { Engine, EngineOptions } from './engines/engine.js';
import type { EngineName } from '../words/device.js';

/** Backbones held at once by one thread: the three architectures of a sweep, or two versions of one beside another. */
const MAX_SESSIONS = 3;

/** An engine with the backbones that it has loaded; it lives as long as its thread. */
export interface WorkerEngine {
  engine: Engine;
  sessions: BackboneSessions;
}

/**
 * Starts an engine in this thread.
 * @throws GelqlError ENGINE_UNAVAILABLE where it does not start
 */
export async function startEngine(name: EngineName, options: EngineOptions): Promise<WorkerEngine> {
  const { ENGINES } = await import('./engines/table.js');
  const engine = await ENGINES[name].create(options).catch((cause: unknown) => {
    if (cause instanceof GelqlError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GelqlError('ENGINE_UNAVAILABLE', `The engine ${name} does not start: ${reason}`, { cause });
  });
  return {
    engine,
    sessions: createBackboneSessions((backbone) => openSession(engine, backbone), MAX_SESSIONS),
  };
}

async function openSession(engine: Engine, backbone: BackboneRecord) {
  const { loadBackboneTensors } = await import('../networks/weights/backbones.js');
  return engine.loadBackbone(backbone, await loadBackboneTensors(backbone));
}
