import type { DuplicateReport, DuplicateSet, NearDuplicate } from '../words/duplicate-report.js';
import { describeRelation } from '../datasets/report-duplicates.js';
import { markup, trusted, type Html } from './sweep-report/markup.js';
import type { ThumbnailMap, Thumbnails } from './thumbnails.js';

const STYLE = `
  :root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif; }
  body { margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
  main { display: grid; grid-template-columns: repeat(auto-fill, minmax(22rem, 1fr)); gap: 1rem; }
  figure { margin: 0; padding: .75rem; border: 1px solid #8888; border-radius: .5rem; }
  figure div { display: flex; flex-wrap: wrap; gap: .5rem; }
  figure img { width: 160px; height: 160px; object-fit: contain; background: #8882; }
  figcaption { margin-top: .5rem; overflow-wrap: anywhere; }
  .flag { font-weight: 600; color: #b3261e; }
  @media (prefers-color-scheme: dark) { .flag { color: #ff8a80; } }
`;

/** One HTML file that needs nothing else: the pairs and sets of a report with their pictures. */
export async function renderDuplicateSheet(
  dataset: {
    name: string;
    report: DuplicateReport;
    images: readonly { name: string; sha256: string }[];
  },
  thumbnails: Thumbnails,
): Promise<string> {
  const { name, report, images } = dataset;
  const wanted = new Set([
    ...[...report.near, ...report.suspected].flatMap(({ first, second }) => [first, second]),
    ...[...report.exact.flatMap(({ names }) => names), ...report.chains.flat(), ...report.featureless],
  ]);
  const shown = images.filter((image) => wanted.has(image.name));
  const drawn = await thumbnails.load(shown.map(({ sha256 }) => sha256));
  const pictures = new Map(shown.map((image) => [image.name, image.sha256]));
  const figure = (names: readonly string[], caption: Html) =>
    markup`<figure>
      <div>${names.map((picture) => renderPicture(picture, pictures, drawn))}</div>
      <figcaption>${caption}</figcaption>
    </figure>`;
  const pair = (found: NearDuplicate) => figure([found.first, found.second], describePair(found));
  const set = (names: readonly string[], spread?: Spread) =>
    figure(names, markup`${names.join(', ')} ${spread === undefined ? '' : renderFlags(spread)}`);
  const page = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>Pictures of ${name} that resemble each other</title>
        <style>${trusted(STYLE)}</style>
      </head>
      <body>
        <h1>Pictures of ${name} that resemble each other</h1>
        ${section(
          'Near-duplicates',
          'Joined: they never straddle a split. Where three and more belong together, as many pairs as it takes.',
          report.near.map(pair),
        )}
        ${section(
          'Suspected',
          `Not joined, the most similar first; ${report.suspected.length} of ${report.suspectedCount}.`,
          report.suspected.map(pair),
        )}
        ${section(
          'Sets of three and more',
          'A chain of near-duplicates may join pictures that differ.',
          report.chains.map((names) => set(names)),
        )}
        ${section(
          'Copies',
          'The same file, or the same pixels in another file.',
          report.exact.map(({ names, ...spread }) => set(names, spread)),
        )}
        ${section(
          'Too little structure',
          'Compared with nothing but exact copies.',
          report.featureless.map((picture) => set([picture])),
        )}
      </body>
    </html>`;
  return page.source;
}

type Spread = Pick<DuplicateSet, 'acrossSplits' | 'acrossClasses'>;

function section(title: string, explanation: string, figures: readonly Html[]): Html {
  if (figures.length === 0) return markup``;
  return markup`<h2>${title}: ${figures.length}</h2>
    <p>${explanation}</p>
    <main>${figures}</main>`;
}

function renderPicture(name: string, pictures: ReadonlyMap<string, string>, drawn: ThumbnailMap): Html {
  const sha256 = pictures.get(name);
  if (sha256 === undefined) return markup`<span>${name} was left out</span>`;
  const uri = drawn.get(sha256) ?? null;
  return uri === null
    ? markup`<span>${name} cannot be shown</span>`
    : markup`<img src="${uri}" alt="${name}" title="${name}" />`;
}

function describePair({ first, second, similarity, distance, ...found }: NearDuplicate): Html {
  return markup`${first} ~ ${second}: ${describeRelation(found)}; similarity ${similarity.toFixed(2)}, ${distance} of 63 bits ${renderFlags(found)}`;
}

function renderFlags({ acrossSplits, acrossClasses }: Spread): Html {
  return markup`<span class="flag">${acrossSplits ? 'in training and test ' : ''}${acrossClasses ? 'in different classes' : ''}</span>`;
}
