import { strokeSegment } from './draw.js';
import { type Plane } from './plane.js';

/**
 * A stroke font drawn for this project, so that labels look the same on every machine. A glyph is a list of strokes
 * (separated by blanks), a stroke a list of points, a point two digits: x 0..4, y 0 (cap height) .. 6 (baseline) .. 8.
 */
const GLYPHS: Readonly<Record<string, string>> = {
  '0': '103041453616050110',
  '1': '112026 1636',
  '2': '01103041420646',
  '3': '01103041423313 334445361605',
  '4': '36300444',
  '5': '400002324345361605',
  '6': '413010010516364544331304',
  '7': '00404116',
  '8': '103041423313020110 1304051636454433',
  '9': '051636454130100102133342',
  A: '062046 1434',
  B: '06003041423303 3344453606',
  C: '4130100105163645',
  D: '00063645413000',
  E: '40000646 0333',
  F: '400006 0333',
  G: '41301001051636454323',
  H: '0006 4046 0343',
  I: '1030 2026 1636',
  J: '4045361605',
  K: '0006 400346',
  L: '000646',
  M: '0600234046',
  N: '06004640',
  O: '103041453616050110',
  P: '06003041423303',
  Q: '103041453616050110 3446',
  R: '06003041423303 2346',
  S: '413010010213334445361605',
  T: '0040 2026',
  U: '000516364540',
  V: '002640',
  W: '0016233640',
  X: '0046 4006',
  Y: '002340 2326',
  Z: '00400646',
  a: '12324346 441405163645',
  b: '0006 0312324345361605',
  c: '4332120305163645',
  d: '4046 4332120305163645',
  e: '04444332120305163645',
  f: '40302126 0232',
  g: '4332120305163645 4247381807',
  h: '0006 0312324346',
  i: '2226 2020',
  j: '32372818 3030',
  k: '0006 420446',
  l: '2026',
  m: '0206 03122326 23324346',
  n: '0206 0312324346',
  o: '123243453616050312',
  p: '0208 0312324345361605',
  q: '4248 4332120305163645',
  r: '0206 03123243',
  s: '43321203143445361605',
  t: '20253645 0242',
  u: '0205163645 4246',
  v: '022642',
  w: '0216243642',
  x: '0246 4206',
  y: '0226 4208',
  z: '02420646',
  '.': '2626',
  ',': '2617',
  ':': '2323 2626',
  ';': '2323 2617',
  '-': '1333',
  '+': '0343 2125',
  '=': '0242 0444',
  '/': '0640',
  '(': '30212536',
  ')': '10212516',
  '{': '30212213242536',
  '}': '10212233242516',
  '%': '0640 0101 4545',
  _: '0646',
  '*': '2024 1123 3113',
  '<': '410345',
  '>': '014305',
};

const ADVANCE = 5.6;

/** Width in pixels of `text` set with this cap height. */
export function measureText(text: string, capHeight: number): number {
  return text.length === 0 ? 0 : ((text.length * ADVANCE - (ADVANCE - 4)) * capHeight) / 6;
}

export interface TextOptions {
  /** Height of a capital letter in pixels. */
  capHeight: number;
  value: number;
  /** Stroke width in pixels; by default an eighth of the cap height. */
  thickness?: number;
  align?: 'left' | 'centre' | 'right';
  /** Turned by a quarter to the left: reads upwards. */
  isUpright?: boolean;
  opacity?: number;
}

/** Writes one line; (x, y) is the top of the capitals at the left end, the centre or the right end. */
export function drawText(plane: Plane, text: string, x: number, y: number, options: TextOptions): void {
  const unit = options.capHeight / 6;
  const thickness = options.thickness ?? options.capHeight / 8;
  const width = measureText(text, options.capHeight);
  let pen = options.align === 'centre' ? -width / 2 : options.align === 'right' ? -width : 0;
  for (const character of text) {
    for (const [fromX, fromY, toX, toY] of strokesOf(character)) {
      const start = place(x, y, pen + fromX * unit, fromY * unit, options.isUpright === true);
      const end = place(x, y, pen + toX * unit, toY * unit, options.isUpright === true);
      strokeSegment(plane, start[0], start[1], end[0], end[1], thickness, options.value, options.opacity);
    }
    pen += ADVANCE * unit;
  }
}

function place(x: number, y: number, along: number, down: number, isUpright: boolean): [number, number] {
  return isUpright ? [x + down, y - along] : [x + along, y + down];
}

function* strokesOf(character: string): Generator<[number, number, number, number]> {
  for (const stroke of (GLYPHS[character] ?? '').split(' ')) {
    const digits = [...stroke].map(Number);
    for (let index = 0; index + 3 < Math.max(digits.length, 4); index += 2) {
      const [fromX, fromY, toX, toY] = digits.slice(index, index + 4);
      if (fromX !== undefined && fromY !== undefined) yield [fromX, fromY, toX ?? fromX, toY ?? fromY];
    }
  }
}
