import type { Device, EngineName } from '../compute/engines/engine.js';

/** The engine that a worker trains with, by device. */
export type WorkerEngines = Partial<Record<Device, EngineName>>;
