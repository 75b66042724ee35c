import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

const SIDE = 224;

/** The first pictures of a folder as network inputs, squashed to 224 x 224: [count, 224, 224]. */
export async function readGreyPictures(directory: string, count: number): Promise<Uint8Array> {
  const files = readdirSync(directory).sort().slice(0, count);
  const inputs = new Uint8Array(files.length * SIDE * SIDE);
  for (const [index, file] of files.entries()) {
    // From memory: where the product's own set-up runs in this process, loading from files is blocked.
    const picture = sharp(readFileSync(join(directory, file))).resize(SIDE, SIDE, { fit: 'fill' });
    inputs.set(await picture.greyscale().toColourspace('b-w').raw().toBuffer(), index * SIDE * SIDE);
  }
  return inputs;
}
