import { createPlane } from '../plane.js';
import { type RandomDraws } from '../random-draws.js';
import { type LabelAnchors, type Scene } from '../scene.js';
import {
  drawBlinds,
  drawBrickWall,
  drawNightWindows,
  drawRadiator,
  drawRailing,
  drawStairs,
} from './buildings.js';
import { drawBarChart, drawBoxPlot, drawHeatMap, drawHistogram, drawScatterPlot } from './charts.js';
import { drawBarcodes, drawMatrixCode } from './codes.js';
import { type Drawer } from './drawer.js';
import { drawColonyPlate, drawDotBlot, drawLateralFlow, drawTlcPlate, drawWellPlate } from './laboratory.js';
import { drawBookshelf, drawFilmStrip, drawKeyboard, drawPianoKeys, drawRuler } from './objects.js';
import { drawCodeScreen, drawSheetMusic, drawTable, drawTextPage } from './pages.js';
import { drawChromatogram, drawElectropherogram, drawEqualiser, drawSpectrogram } from './signals.js';
import {
  drawBokeh,
  drawDotGrid,
  drawFabric,
  drawGradient,
  drawLandscape,
  drawNoiseFrame,
  drawWoodGrain,
  drawZebra,
} from './textures.js';

/** Things that share something with a gel (rows, columns, bars, spots, stripes) or nothing at all. */
export const NEGATIVE_FAMILIES = {
  barcodes: drawBarcodes,
  'matrix-code': drawMatrixCode,
  'bar-chart': drawBarChart,
  histogram: drawHistogram,
  'box-plot': drawBoxPlot,
  'scatter-plot': drawScatterPlot,
  'heat-map': drawHeatMap,
  chromatogram: drawChromatogram,
  electropherogram: drawElectropherogram,
  spectrogram: drawSpectrogram,
  equaliser: drawEqualiser,
  'text-page': drawTextPage,
  table: drawTable,
  'code-screen': drawCodeScreen,
  'sheet-music': drawSheetMusic,
  blinds: drawBlinds,
  radiator: drawRadiator,
  stairs: drawStairs,
  'brick-wall': drawBrickWall,
  'night-windows': drawNightWindows,
  railing: drawRailing,
  bookshelf: drawBookshelf,
  'piano-keys': drawPianoKeys,
  keyboard: drawKeyboard,
  ruler: drawRuler,
  'film-strip': drawFilmStrip,
  'well-plate': drawWellPlate,
  'colony-plate': drawColonyPlate,
  'dot-blot': drawDotBlot,
  'tlc-plate': drawTlcPlate,
  'lateral-flow': drawLateralFlow,
  'noise-frame': drawNoiseFrame,
  gradient: drawGradient,
  'dot-grid': drawDotGrid,
  fabric: drawFabric,
  zebra: drawZebra,
  'wood-grain': drawWoodGrain,
  landscape: drawLandscape,
  bokeh: drawBokeh,
} as const satisfies Record<string, Drawer>;

export type NegativeFamily = keyof typeof NEGATIVE_FAMILIES;
export const NEGATIVE_FAMILY_NAMES = Object.keys(NEGATIVE_FAMILIES) as NegativeFamily[];

/** Draws a thing that is not a gel, with places for labels that are as arbitrary as on a gel. */
export function drawNegative(
  random: RandomDraws,
  family: NegativeFamily,
  width: number,
  height: number,
): Scene {
  const plane = createPlane(width, height);
  const isLightOnDark = NEGATIVE_FAMILIES[family](random.fork('scene'), plane);
  return { plane, isLightOnDark, anchors: inventAnchors(random.fork('anchors'), width, height) };
}

const WORDS = [
  'Figure',
  'item',
  'Page',
  'left',
  'total',
  'Room',
  'No 7',
  'view',
  'control',
  'sample',
  'M',
] as const;
const SIDE_MARKS = [10000, 5000, 3000, 2000, 1500, 1000, 750, 500, 400, 300, 200, 100, 75, 50, 25] as const;

function inventAnchors(random: RandomDraws, width: number, height: number): LabelAnchors {
  const count = random.integer(4, 16);
  const left = width * random.uniform(0.02, 0.12);
  const pitch = (width * random.uniform(0.8, 0.96) - left) / count;
  const first = random.integer(0, 6);
  const marks = SIDE_MARKS.slice(first, first + random.integer(5, 9));
  return {
    columns: Array.from({ length: count }, (_, index) => left + pitch * (index + 0.5)),
    columnsTop: height * random.uniform(0.05, 0.17),
    rows: marks.map((mark, index) => ({
      y: height * (0.12 + (0.8 * (index + random.uniform(0, 0.6))) / marks.length),
      text: String(mark),
    })),
    words: WORDS,
  };
}
