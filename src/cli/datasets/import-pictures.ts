import type { App } from '../../app.js';
import { registerDataset, type ImportOutcome } from '../../datasets/register-dataset.js';
import type { FolderScan } from '../../datasets/scan-folder.js';
import { DEFAULT_RECIPE } from '../../words/picture.js';
import { runInterruptibly } from '../terminal/interruptible.js';
import { createProgress } from '../terminal/progress.js';

/**
 * Registers pictures with a progress bar; their facts come from the image workers. A signal to stop leaves nothing behind.
 * @throws GelqlError as registerDataset; CANCELLED
 */
export async function importPictures(
  app: App,
  options: FolderScan & {
    name: string;
    source: string;
    groups?: ReadonlyMap<string, string> | undefined;
  },
): Promise<ImportOutcome> {
  const progress = createProgress(`import ${options.name}`, 'pictures');
  try {
    return await runInterruptibly((signal) =>
      registerDataset(app.database, {
        ...options,
        decode: (bytes) =>
          app.compute.prepareImage(
            { bytes, page: null, recipe: DEFAULT_RECIPE, views: 1, maxPixels: app.config.maxPixels },
            { lane: 'training', signal },
          ),
        onProgress: (step, done, total) => progress.update(`${step} pictures`, done, total),
        signal,
      }),
    );
  } finally {
    progress.stop();
  }
}
