import type { TopLevelSpec } from 'vega-lite';
import { describeLeftOut, type Gallery, type GalleryPicture } from '../gallery.js';
import type { ThumbnailMap } from '../thumbnails.js';
import { type ChartTitle, describeChart, titleBlock } from './chart-title.js';
import { CHART_STYLES } from './chart-theme.js';
import { formatPercent } from './describe-proportion.js';
import { shortenText } from './shorten-text.js';

const COLUMNS = 6;
const PICTURE_PIXELS = 112;
const CELL = { width: 136, height: 172 };
const LINE_PIXELS = 15;
const FONT_SIZE = 11;
/** Distance of the badge's centre from the corner of the picture. */
const BADGE_INSET = 11;

/** Test pictures with what they are and what they were called; shape and sign say right or wrong, not colour alone. */
export function galleryChart(gallery: Gallery, thumbnails: ThumbnailMap, title: ChartTitle): TopLevelSpec {
  const { pictures, pictureCount, wrongCount } = gallery;
  const leftOut = describeLeftOut(gallery.leftOut);
  const statement = `${wrongCount} of ${pictureCount} pictures wrong${leftOut === null ? '' : `; ${leftOut}`}`;
  const columns = Math.max(3, Math.min(COLUMNS, pictures.length));
  const values = pictures.map((picture, index) => ({
    ...cellOf(picture, thumbnails.get(picture.sha256) ?? null),
    ...placeOf(index % columns, Math.floor(index / columns)),
  }));
  return {
    description: describeChart(title, [statement, ...pictures.map(describePicture)]),
    title: titleBlock(title, [
      statement,
      'square with \u2717: wrong, shown first; circle with \u2713: right, the least certain first',
    ]),
    width: columns * CELL.width,
    height: Math.ceil(pictures.length / columns) * CELL.height,
    data: { values },
    layer: [
      ...[true, false].map((isRight) => ({
        transform: [{ filter: { field: 'isRight', equal: isRight } }],
        mark: {
          type: 'rect' as const,
          filled: false,
          strokeWidth: isRight ? 1 : 3,
          style: isRight ? CHART_STYLES.right : CHART_STYLES.wrong,
        },
        encoding: { x: at('left'), y: at('top'), x2: at2('right'), y2: at2('bottom') },
      })),
      {
        transform: [{ filter: 'datum.picture !== null' }],
        mark: {
          type: 'image',
          width: PICTURE_PIXELS - 6,
          height: PICTURE_PIXELS - 6,
          tooltip: { content: 'data' },
        },
        encoding: { x: at('centre'), y: at('middle'), url: { field: 'picture', type: 'nominal' } },
      },
      {
        transform: [{ filter: 'datum.picture === null' }],
        mark: { type: 'text', style: CHART_STYLES.aside, text: ['not kept', 'in this database'] },
        encoding: { x: at('centre'), y: at('middle') },
      },
      ...[true, false].map((isRight) => ({
        transform: [{ filter: { field: 'isRight', equal: isRight } }],
        mark: {
          type: 'point' as const,
          shape: isRight ? 'circle' : 'square',
          filled: true,
          opacity: 1,
          size: 330,
          style: isRight ? CHART_STYLES.right : CHART_STYLES.wrong,
        },
        encoding: { x: at('badgeX'), y: at('badgeY') },
      })),
      {
        mark: { type: 'text', style: CHART_STYLES.onBadge, baseline: 'middle' },
        encoding: { x: at('badgeX'), y: at('badgeY'), text: { field: 'sign', type: 'nominal' } },
      },
      ...['name', 'actually', 'called'].map((field, line) => ({
        mark: {
          type: 'text' as const,
          align: 'left' as const,
          baseline: 'top' as const,
          fontSize: FONT_SIZE,
          dy: PICTURE_PIXELS + 5 + line * LINE_PIXELS,
          style: line === 0 ? CHART_STYLES.aside : CHART_STYLES.onWeak,
        },
        encoding: { x: at('left'), y: at('top'), text: { field, type: 'nominal' as const } },
      })),
    ],
  };
}

/** A position in pixels. */
const at = (field: string) => ({ field, type: 'quantitative' as const, scale: null, axis: null });
const at2 = (field: string) => ({ field });

/** The corners of a picture and the middles of what lies in it. */
function placeOf(column: number, row: number) {
  const [left, top] = [column * CELL.width, row * CELL.height];
  return {
    left,
    top,
    right: left + PICTURE_PIXELS,
    bottom: top + PICTURE_PIXELS,
    centre: left + PICTURE_PIXELS / 2,
    middle: top + PICTURE_PIXELS / 2,
    badgeX: left + BADGE_INSET,
    badgeY: top + BADGE_INSET,
  };
}

function cellOf(picture: GalleryPicture, thumbnail: string | null) {
  const limits = { pixels: CELL.width - 12, fontSize: FONT_SIZE };
  return {
    picture: thumbnail,
    isRight: picture.isRight,
    sign: picture.isRight ? '\u2713' : '\u2717',
    name: shortenText(picture.name.split('/').at(-1) ?? '', limits),
    actually: shortenText(`is ${picture.actual}`, limits),
    called: shortenText(`called ${picture.predicted} ${describeCertainty(picture)}`, limits),
  };
}

function describePicture(picture: GalleryPicture): string {
  const { name, actual, predicted, isRight } = picture;
  return `${name} is ${actual}, ${isRight ? 'rightly' : 'wrongly'} called ${predicted} (${describeCertainty(picture)})`;
}

/** The probability, rounded so that nothing uncertain reads 100 %. */
function describeCertainty({ probability, answerCount, wrongCount }: GalleryPicture): string {
  const percent = formatPercent(Math.min(probability, probability < 1 ? 0.999 : 1));
  return answerCount > 1 ? `${percent}, wrong in ${wrongCount} of ${answerCount}` : percent;
}
