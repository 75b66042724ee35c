import { createRequire } from 'node:module';
import type sharpModule from 'sharp';

// Its ES module uses import attributes, which Node 20.9 does not know; the CommonJS build is the same library.
const sharp = createRequire(import.meta.url)('sharp') as typeof sharpModule;

/**
 * The only door to sharp: import `sharp` from here, so that no picture is decoded before the loaders are blocked.
 * JPEG, PNG, TIFF, WebP and GIF load from memory; SVG also loads from memory, because charts are rasterised with it
 * (uploads in SVG are refused by their first bytes, in formats.ts). Everything else that libvips can open is blocked:
 * the loaders of files and streams, and whole families of formats.
 *
 * Blocking is process wide and every worker thread runs this file. The allowed loaders are never blocked, not even for a
 * moment (as blocking all and then allowing some would do), or a thread that starts would fail a decode in another.
 */
export const ALLOWED_LOADERS = ['Jpeg', 'Png', 'Tiff', 'Webp', 'Nsgif', 'Svg'].map(
  (family) => `VipsForeignLoad${family}Buffer`,
);

const blockedFamilies = [
  ...[
    'Analyze',
    'Csv',
    'DcRaw',
    'Fits',
    'Heif',
    'Jp2k',
    'Jxl',
    'Magick',
    'Magick7',
    'Mat',
    'Matrix',
    'Nifti',
  ],
  ...['OpenExr', 'Openslide', 'Pdf', 'Ppm', 'Rad', 'Raw', 'Uhdr', 'Vips'],
];
const blockedSources = ['Jpeg', 'Png', 'Tiff', 'Webp', 'Nsgif', 'Svg'].flatMap((family) => [
  `${family}File`,
  `${family}Source`,
]);

/** Names of libvips operations; blocking one blocks what descends from it (`...Heif` covers `...HeifBuffer`). */
export const BLOCKED_LOADERS = [...blockedFamilies, ...blockedSources].map(
  (name) => `VipsForeignLoad${name}`,
);

sharp.block({ operation: BLOCKED_LOADERS });

// Pictures are decoded once and differ: a cache would only hold memory. Parallelism comes from the worker threads.
sharp.cache(false);
sharp.concurrency(1);

export { sharp };
