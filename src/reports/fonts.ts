import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setNativeVariable } from '../config.js';
import { GelqlError } from '../errors.js';
import { escapeXml } from './escape-xml.js';

/**
 * The bundled font of charts, as SVG names it. In a browser that lacks it Verdana has the same proportions (both come
 * from Bitstream Vera's model), and a chart stays legible in any other.
 */
export const CHART_FONT_FAMILY = 'DejaVu Sans, Verdana, sans-serif';

/**
 * Makes the bundled font the one that charts are rasterised with: machines without fonts would draw boxes for letters.
 * Call it first thing on the main thread of the process, before a picture or a chart is touched: fontconfig reads
 * FONTCONFIG_FILE from the real environment once, and a worker thread has a copy only. A FONTCONFIG_FILE that the
 * operator has set stays.
 * @param cacheDir absolute; fonts/fonts.conf is written below it
 * @throws GelqlError SETUP_FAILED where it cannot be
 */
export function prepareFonts(cacheDir: string): void {
  const folder = join(cacheDir, 'fonts');
  const file = join(folder, 'fonts.conf');
  const draft = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(draft, fontConfiguration(folder));
    renameSync(draft, file);
  } catch (cause) {
    throw new GelqlError(
      'SETUP_FAILED',
      `${folder} cannot be written: set GELQL_CACHE_DIR to a folder that can.`,
      {
        cause,
      },
    );
  }
  setNativeVariable('FONTCONFIG_FILE', file);
}

function fontConfiguration(cacheFolder: string): string {
  const fontFolder = join(
    dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')),
    'ttf',
  );
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${escapeXml(fontFolder)}</dir>
  <cachedir>${escapeXml(cacheFolder)}</cachedir>
</fontconfig>
`;
}
