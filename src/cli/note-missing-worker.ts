import type { App } from '../app.js';
import type { Device } from '../compute/engines/engine.js';
import { listWorkersOf } from '../training/workers.js';
import { printNote } from './output.js';

/** Says that nobody takes runs for a device now. @param waiting what waits for it */
export async function noteMissingWorker(app: App, device: Device, waiting: string): Promise<void> {
  if ((await listWorkersOf(app.database, device)).length > 0) return;
  printNote(`No worker takes ${device} runs now: ${waiting} waits until one is started (gelql worker).`);
}
