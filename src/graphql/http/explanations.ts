import type { Plugin } from 'graphql-yoga';
import type { App } from '../../app.js';
import { requireClassification } from '../../receipts/classifications.js';
import { evidenceBytes } from '../../classification/explanation.js';
import { GelqlError } from '../../errors.js';
import { overlayPng } from '../../images/overlay.js';
import { INPUT_SIDE } from '../../words/picture.js';
import { decodeReference } from '../references.js';
import { decodeSegment, tagOf, useStoredFiles } from './stored-files.js';

const ADDRESS = /^\/explanations\/([^/]+)\.png$/;
/** Pixels to a pixel of the network input. */
const SCALE = 2;

/** @param id of the answer's row */
export function explanationAddress(id: string): string {
  return `/explanations/${id}.png`;
}

/** `/explanations/ID.png`: where in the picture of an answer the evidence lies, for laying over the picture. */
export function useExplanations(app: App): Plugin {
  return useStoredFiles(app, {
    prefix: '/explanations/',
    maxPending: 16,
    what: 'explanations',
    async find(url) {
      const id = answerOf(url);
      const { explanation } = await requireClassification(app.database, id);
      if (explanation === null) {
        throw new GelqlError('NOT_FOUND', 'The answer has no explanation: ask with `explain: true`.');
      }
      const { width, height, values } = explanation;
      return {
        tag: tagOf('explanation', width, height, values),
        isFinal: true,
        contentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'",
        load: async () => ({
          contentType: 'image/png',
          body: await overlayPng({
            side: SCALE * INPUT_SIDE,
            grid: { width, height, values: evidenceBytes(values) },
          }),
        }),
      };
    },
  });
}

/** @throws GelqlError NOT_FOUND for an address that is none, BAD_REQUEST for parameters: it takes none */
function answerOf(url: URL): string {
  const [, answer] = ADDRESS.exec(url.pathname) ?? [];
  if (answer === undefined) throw new GelqlError('NOT_FOUND', `There is no explanation at ${url.pathname}.`);
  if (url.searchParams.size > 0) throw new GelqlError('BAD_REQUEST', 'An explanation takes no parameters.');
  return decodeReference('Classification', decodeSegment(answer, url));
}
