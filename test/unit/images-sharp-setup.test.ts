import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ALLOWED_LOADERS, BLOCKED_LOADERS, sharp } from '../../src/images/sharp-setup.js';

const libraryDir = resolve('node_modules/@img', `sharp-libvips-${process.platform}-${process.arch}`, 'lib');
const red = { width: 8, height: 8, channels: 3, background: 'red' } as const;
const svg = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>',
);

describe('sharp as it leaves its setup', () => {
  it('still rasterises a drawing, for the charts', async () => {
    await expect(sharp(svg).metadata()).resolves.toMatchObject({ format: 'svg', width: 8 });
  });

  it.each(['jpeg', 'png', 'tiff', 'webp', 'gif'] as const)('still loads %s from memory', async (format) => {
    const file = await sharp({ create: red }).toFormat(format).toBuffer();
    await expect(sharp(file).metadata()).resolves.toMatchObject({ format });
  });

  it('opens no file on disk', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gelql-sharp-'));
    const path = join(folder, 'red.png');
    writeFileSync(path, await sharp({ create: red }).png().toBuffer());
    await expect(sharp(path).metadata()).rejects.toThrow('unsupported image format');
    await expect(sharp(readFileSync(path)).metadata()).resolves.toMatchObject({ format: 'png' });
    rmSync(folder, { recursive: true });
  });

  (existsSync(libraryDir) ? it : it.skip)(
    'decides about every loader of the libvips that is installed (needs its binary for this platform)',
    () => {
      const library = readdirSync(libraryDir).find((name) => name.includes('vips-cpp'))!;
      const text = readFileSync(resolve(libraryDir, library), 'latin1');
      const loaders = new Set(
        [...text.matchAll(/\0(VipsForeignLoad[A-Z][A-Za-z0-9]*)(?=\0)/g)].map((match) => match[1]!),
      );
      const parents = ALLOWED_LOADERS.map((name) => name.replace(/Buffer$/, ''));
      const undecided = [...loaders].filter(
        (name) =>
          !ALLOWED_LOADERS.includes(name) &&
          !parents.includes(name) &&
          !BLOCKED_LOADERS.some((blocked) => name.startsWith(blocked)),
      );
      expect(loaders.size).toBeGreaterThan(30);
      expect(undecided).toEqual([]);
    },
  );
});
