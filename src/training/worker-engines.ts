import type { Device, EngineName } from '../compute/engines/engine.js';

/** The engine that a worker trains heads with, by device. */
export type WorkerEngines = Partial<Record<Device, EngineName>>;
