import type { DuplicateReport, DuplicateSet, NearDuplicate } from '../../words/duplicate-report.js';
import { describeRelation } from '../../datasets/report-duplicates.js';
import type { Builder } from '../builder.js';

/** The object types of a duplicate report; pictures go by their names in the data set. */
export function defineDuplicateReport(builder: Builder) {
  const spread = {
    acrossSplits: 'Whether they lie in different subsets.',
    acrossClasses: 'Whether they are in different classes, so that at least one label is wrong.',
  };
  const DuplicateSet = builder.objectRef<DuplicateSet>('DuplicateSet').implement({
    description: 'Pictures that are the same file, or the same pixels in another file.',
    fields: (t) => ({
      names: t.exposeStringList('names', { description: 'In the order of the data set.' }),
      acrossSplits: t.exposeBoolean('acrossSplits', { description: spread.acrossSplits }),
      acrossClasses: t.exposeBoolean('acrossClasses', { description: spread.acrossClasses }),
    }),
  });
  const NearDuplicate = builder.objectRef<NearDuplicate>('NearDuplicate').implement({
    description: 'Two pictures that show the same, or look as if they did.',
    fields: (t) => ({
      first: t.exposeString('first', { description: 'The picture that shows at least as much.' }),
      second: t.exposeString('second', { description: 'The other.' }),
      relation: t.string({
        description:
          'How the second would be made from the first, in words: `the same view`, or `mirrored, turned by 90 degrees, inverted, 81 % of it`.',
        resolve: describeRelation,
      }),
      isMirrored: t.exposeBoolean('isMirrored', { description: 'Left and right exchanged.' }),
      turnedDegrees: t.exposeInt('turnedDegrees', {
        description: 'Clockwise, after mirroring: 0, 90, 180 or 270.',
      }),
      isInverted: t.exposeBoolean('isInverted', { description: 'Light and dark exchanged.' }),
      sharedArea: t.exposeFloat('sharedArea', {
        description: "Share of the first's area that the second shows, up to 1.",
      }),
      distance: t.exposeInt('distance', {
        description: 'Bits in which the perceptual hashes of what both show differ, of 63.',
      }),
      similarity: t.exposeFloat('similarity', {
        description: 'Correlation of the aligned pictures, up to 1; exposure and gamma hardly show in it.',
      }),
      acrossSplits: t.exposeBoolean('acrossSplits', { description: spread.acrossSplits }),
      acrossClasses: t.exposeBoolean('acrossClasses', { description: spread.acrossClasses }),
    }),
  });
  return builder.objectRef<DuplicateReport>('DuplicateReport').implement({
    description: 'What an import found about pictures that resemble each other.',
    fields: (t) => ({
      exact: t.expose('exact', { type: [DuplicateSet], description: 'Copies, by file or by pixels.' }),
      near: t.expose('near', {
        type: [NearDuplicate],
        description: 'Near-duplicate pairs that join each group. A split never divides a group.',
      }),
      suspected: t.expose('suspected', {
        type: [NearDuplicate],
        description: 'Similar pairs that were not joined, for review; most similar first, at most 500.',
      }),
      suspectedCount: t.exposeInt('suspectedCount', { description: 'All suspected pairs.' }),
      chains: t.field({
        type: [t.listRef('String')],
        description:
          'Sets of three and more copies or near-duplicates, the largest first, 20 at most: a chain may join what differs.',
        resolve: ({ chains }) => chains,
      }),
      excluded: t.exposeStringList('excluded', {
        description:
          'Pictures outside the TEST subset that share a group with pictures in it. No run uses them.',
      }),
      featureless: t.exposeStringList('featureless', {
        description: 'Pictures with too little structure to be compared with anything but exact copies.',
      }),
    }),
  });
}
