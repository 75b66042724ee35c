import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registerDataset } from '../../src/datasets/register-dataset.js';
import { scanFolder } from '../../src/datasets/scan-folder.js';
import { prepareImage } from '../../src/images/prepare-image.js';
import { askData, openGraphQLApp, type GraphQLApp } from '../support/graphql-app.js';
import { drawPattern, writePatterns } from '../support/patterns.js';
import { COPIES, readCopied } from '../support/planted-copies.js';

const DATASET = `query Dataset($reference: String!) {
  dataset(reference: $reference) {
    pictureCount
    groupCount
    classes { name pictureCount groupCount }
    duplicates {
      exact { names acrossSplits acrossClasses }
      near {
        first second relation isMirrored turnedDegrees isInverted sharedArea distance similarity
        acrossSplits acrossClasses
      }
      suspected { first }
      suspectedCount
      chains
      excluded
      featureless
    }
  }
}`;

const directory = mkdtempSync(join(tmpdir(), 'gelql-datasets-'));
let opened: GraphQLApp;
beforeAll(async () => {
  opened = await openGraphQLApp();
});
afterAll(async () => {
  await opened?.close();
  rmSync(directory, { recursive: true, force: true });
});

test('a data set says what its import found about pictures that resemble each other', async () => {
  await writePatterns(directory, [
    ...['train/bands/1', 'train/bands/2', 'train/rings/1', 'train/rings/2'],
    ...['test/bands/3', 'test/rings/3'],
  ]);
  const picture = await readCopied(await drawPattern('bands', 3));
  const turned = await COPIES['turned by 90 degrees']?.(picture);
  writeFileSync(join(directory, 'train/rings/turned.png'), turned ?? '');
  await registerDataset(opened.app.database, {
    ...{ name: 'patterns', source: 'patterns', ...(await scanFolder(directory)) },
    decode: async (bytes) =>
      prepareImage({ bytes, page: null, recipe: 'gel-v1', views: 1, maxPixels: 1_000_000 }),
  });
  const { dataset } = await askData(opened.yoga, DATASET, { reference: 'patterns' });
  expect(dataset).toEqual({
    pictureCount: 7,
    groupCount: 6,
    classes: [
      { name: 'bands', pictureCount: 3, groupCount: 3 },
      { name: 'rings', pictureCount: 4, groupCount: 4 },
    ],
    duplicates: {
      exact: [],
      near: [
        {
          ...{ first: 'test/bands/3.png', second: 'train/rings/turned.png' },
          ...{ relation: 'turned by 90 degrees', isMirrored: false, turnedDegrees: 90, isInverted: false },
          ...{ sharedArea: 1, distance: 0, similarity: expect.closeTo(1, 2) as unknown },
          ...{ acrossSplits: true, acrossClasses: true },
        },
      ],
      suspected: [],
      suspectedCount: 0,
      chains: [],
      excluded: ['train/rings/turned.png'],
      featureless: [],
    },
  });
});
