import type { NearPicture, SeenPicture, StoredNovelty } from '../../../words/answer.js';
import type { Builder } from '../../builder.js';
import type { Enums } from '../enums.js';

/** What an answer is worth, and the training pictures that say so. */
export function defineDecision(builder: Builder, enums: Enums) {
  const NearPictureRef = builder.objectRef<NearPicture>('NearPicture').implement({
    description: 'A training picture whose features are near to those of the picture.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'As the data set calls it.' }),
      sha256: t.exposeString('sha256', { description: 'Of its bytes.' }),
      label: t.exposeString('label', { description: 'The class that it was trained as.' }),
      distance: t.exposeFloat('distance', {
        description: 'Cosine distance of the features: 0 for the same, 2 for opposite ones.',
      }),
    }),
  });
  const SeenPictureRef = builder.objectRef<SeenPicture>('SeenPicture').implement({
    description: 'The training picture that the picture was recognised as.',
    fields: (t) => ({
      kind: t.expose('kind', { type: enums.SeenKind, description: 'How it was recognised.' }),
      name: t.exposeString('name', { description: 'As the data set calls it.' }),
      sha256: t.exposeString('sha256', { description: 'Of its bytes.' }),
      label: t.exposeString('label', { description: 'The class that it was trained as.' }),
      differingBits: t.exposeInt('differingBits', {
        description: 'Of the 63 of the perceptual hashes of what both show; 0 for the same pixels.',
      }),
    }),
  });
  const NoveltyRef = builder.objectRef<StoredNovelty>('Novelty').implement({
    description: 'How unlike the training pictures of its model a picture is.',
    fields: (t) => ({
      distance: t.exposeFloat('distance', {
        description:
          'Cosine distance of its features to the fifth nearest training picture of the class that it is most like, 0 to 2.',
      }),
      threshold: t.exposeFloat('threshold', {
        nullable: true,
        description:
          'Beyond it lie at most 5 % of the training pictures of that class themselves, each measured without its group; null where there are too few of them.',
      }),
      pValue: t.exposeFloat('pValue', {
        description: "Share of that class's training pictures that lie as far away, counted with this one.",
      }),
      featuresSha256: t.exposeString('featuresSha256', {
        description: 'Of the training features that it was measured against.',
      }),
    }),
  });
  return { NearPicture: NearPictureRef, SeenPicture: SeenPictureRef, Novelty: NoveltyRef };
}
