import {
  countClasses,
  countGroups,
  findDataset,
  pageDatasets,
  type ClassCount,
} from '../../datasets/datasets.js';
import type { Builder } from '../builder.js';
import { connectionNames, connectionOf } from '../connection.js';
import type { Nodes } from '../nodes.js';
import { decodeReference } from '../references.js';
import { defineDuplicateReport } from './duplicate-report.js';

export function defineDataset(builder: Builder, { Dataset }: Nodes): void {
  const DatasetClass = builder.objectRef<ClassCount>('DatasetClass').implement({
    description: 'One class of a data set.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'The name of its folder.' }),
      pictureCount: t.exposeInt('pictureCount', { description: 'Pictures of this class.' }),
      groupCount: t.exposeInt('groupCount', {
        description: 'Independent groups with pictures of this class.',
      }),
    }),
  });
  const DuplicateReport = defineDuplicateReport(builder);
  Dataset.implement({
    description:
      'Pictures with their classes, as imported. A data set never changes; its digest identifies its content.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Unique name; arguments accept it in place of the id.' }),
      digest: t.exposeString('digest', {
        description: 'SHA-256 over classes, pictures, subsets and groups.',
      }),
      pictureCount: t.exposeInt('pictureCount', { description: 'Pictures of all classes.' }),
      source: t.exposeString('source', { description: 'Folder or command that the data set came from.' }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was imported.' }),
      classes: t.loadableList({
        type: DatasetClass,
        description: 'In label order.',
        load: (ids: string[], { app }) => countClasses(app.database, ids),
        resolve: ({ id }) => id,
      }),
      groupCount: t.loadable({
        type: 'Int',
        description:
          'Independent groups: copies, near-duplicates and pictures of one source count once. A split never divides a group.',
        load: (ids: string[], { app }) => countGroups(app.database, ids),
        resolve: ({ id }) => id,
      }),
      duplicates: t.expose('duplicateReport', {
        type: DuplicateReport,
        description: 'Near-duplicates and copies that the import found.',
      }),
    }),
  });
  builder.queryFields((t) => ({
    dataset: t.field({
      type: Dataset,
      nullable: true,
      description: 'One data set; null where there is none of that name.',
      args: { reference: t.arg.string({ required: true, description: 'Id or name.' }) },
      resolve: (_root, { reference }, { app }) =>
        findDataset(app.database, decodeReference('Dataset', reference)),
    }),
    datasets: t.connection(
      {
        type: Dataset,
        description: 'All data sets, newest first.',
        resolve: (_root, args, { app }) => connectionOf(args, (page) => pageDatasets(app.database, page)),
      },
      ...connectionNames('Dataset'),
    ),
  }));
}
