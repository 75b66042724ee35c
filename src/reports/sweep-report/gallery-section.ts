import type { HardPicture } from './hard-pictures.js';
import { markup, trusted, type Html } from './markup.js';
import type { SweepReport } from './sweep-report.js';

/** Pictures that a report shows. */
export const SHOWN_PICTURES = 60;

export const pictureAnchor = (place: number): string => `picture-${place + 1}`;

/** Test pictures, those that most models got wrong first; a sign and a word say so, not colour alone. */
export function gallerySection({ pictures, thumbnails }: SweepReport): Html[] {
  if (pictures.length === 0) return [];
  const shown = pictures.slice(0, SHOWN_PICTURES);
  const rest = pictures.slice(SHOWN_PICTURES);
  const restWrong = rest.filter(({ wrongCount }) => wrongCount > 0).length;
  const leftOut =
    rest.length === 0 ? '' : ` ${rest.length} more are left out, ${restWrong} of them with a wrong answer.`;
  return [
    markup`<h2>Test pictures</h2>
<p class="aside">Those that most models got wrong come first. ${pictures.filter(({ wrongCount }) => wrongCount > 0).length} of ${pictures.length} were called wrongly by at least one model.${leftOut}</p>
<div class="gallery">
${shown.map((picture, place) => renderPicture(picture, place, thumbnails.get(picture.sha256) ?? null))}</div>`,
  ];
}

function renderPicture(picture: HardPicture, place: number, thumbnail: string | null): Html {
  const isWrong = picture.wrongCount > 0;
  const image =
    thumbnail === null
      ? markup`<span>not kept in this database</span>`
      : // A data URI of our own making.
        markup`<img src="${trusted(thumbnail)}" alt="${picture.actual}: ${picture.name}">`;
  return markup`<figure class="picture ${isWrong ? 'wrong' : 'right'}" id="${pictureAnchor(place)}">
<div class="frame">${image}<span class="badge" aria-hidden="true">${isWrong ? '\u2717' : '\u2713'}</span></div>
<figcaption><span class="aside" title="${picture.name}">${picture.name.split('/').at(-1) ?? ''}</span><br>is ${picture.actual}<br>${describeAnswers(picture)}</figcaption>
</figure>\n`;
}

function describeAnswers({ modelCount, wrongCount, wrongCalls }: HardPicture): string {
  const models = modelCount === 1 ? '1 model' : `${modelCount} models`;
  if (wrongCount === 0) return `right: ${models}`;
  const calls = wrongCalls.map(({ predicted, count }) =>
    wrongCalls.length === 1 ? `called ${predicted}` : `${count} called it ${predicted}`,
  );
  return `wrong: ${wrongCount} of ${models}, ${calls.join(', ')}`;
}
