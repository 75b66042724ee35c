import { selectByIds } from '../../db/select-by-ids.js';
import { datasets } from '../../db/schema.js';
import { countClasses, findDataset, pageDatasets, type ClassCount } from '../../datasets/datasets.js';
import type { Builder } from '../builder.js';
import type { GraphQLContext } from '../context.js';
import { connectionOf } from '../connection.js';
import { decodeReference } from '../references.js';

export function defineDataset(builder: Builder) {
  const ClassCountRef = builder.objectRef<ClassCount>('DatasetClass').implement({
    fields: (t) => ({
      name: t.exposeString('name'),
      imageCount: t.exposeInt('imageCount'),
    }),
  });
  const Dataset = builder.loadableNodeRef('Dataset', {
    id: { resolve: ({ id }) => id },
    load: async (ids: string[], { app }: GraphQLContext) => selectByIds(app.database, datasets, ids),
  });
  Dataset.implement({
    description:
      'Pictures with their classes, as they were imported. Never changes; its digest says exactly what it is.',
    fields: (t) => ({
      name: t.exposeString('name'),
      digest: t.exposeString('digest', { description: 'SHA-256 over classes and pictures.' }),
      imageCount: t.exposeInt('imageCount'),
      source: t.exposeString('source'),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
      classes: t.loadableList({
        type: ClassCountRef,
        description: 'In label order.',
        load: (ids: string[], { app }) => countClasses(app.database, ids),
        resolve: ({ id }) => id,
      }),
    }),
  });
  builder.queryField('dataset', (t) =>
    t.field({
      type: Dataset,
      nullable: true,
      args: { reference: t.arg.string({ required: true, description: 'Id or name.' }) },
      resolve: (_root, { reference }, { app }) =>
        findDataset(app.database, decodeReference('Dataset', reference)),
    }),
  );
  builder.queryField('datasets', (t) =>
    t.connection({
      type: Dataset,
      description: 'Newest first.',
      resolve: (_root, args, { app }) => connectionOf(args, (page) => pageDatasets(app.database, page)),
    }),
  );
  return Dataset;
}

export type DatasetNode = ReturnType<typeof defineDataset>;
