import sharp from 'sharp';
import { prepareFonts } from '../../src/reports/fonts.js';
import { renderPng } from '../../src/reports/charts.js';

/** Prints how many pixels the letters i and W leave dark, drawn by a process that called `prepareFonts` for `argv[2]`. */
prepareFonts(process.argv[2] ?? '');
const inks: number[] = [];
for (const letter of ['i', 'W']) {
  const text = `<text x="20" y="60" font-family="DejaVu Sans" font-size="48">${letter}</text>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="100" height="80"><rect width="100" height="80" fill="#fff"/>${text}</svg>`;
  const pixels = await sharp(await renderPng(svg, { scale: 1 }))
    .removeAlpha()
    .greyscale()
    .raw()
    .toBuffer();
  inks.push(pixels.filter((value) => value < 128).length);
}
process.stdout.write(JSON.stringify(inks));
