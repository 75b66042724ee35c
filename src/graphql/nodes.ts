import type { Classification } from '../classification/answer-picture.js';
import { selectByIds } from '../db/select-by-ids.js';
import { classifications, datasets, models, results, sweeps, trainingRuns } from '../db/schema.js';
import type { Builder } from './builder.js';
import type { GraphQLContext } from './context.js';
import type { NodeType } from './references.js';

/**
 * The objects that have a global id, without their fields: they point at each other, and each file below types/ adds
 * the fields of its own. However many are asked for, one statement loads those of one type.
 */
export function createNodes(builder: Builder) {
  return {
    Dataset: builder.loadableNodeRef('Dataset', {
      id: { resolve: ({ id }) => id },
      load: async (ids: string[], { app }: GraphQLContext) => selectByIds(app.database, datasets, ids),
    }),
    Model: builder.loadableNodeRef('Model', {
      id: { resolve: ({ id }) => id },
      load: async (ids: string[], { app }: GraphQLContext) => selectByIds(app.database, models, ids),
    }),
    Result: builder.loadableNodeRef('Result', {
      id: { resolve: ({ id }) => id },
      load: async (ids: string[], { app }: GraphQLContext) => selectByIds(app.database, results, ids),
    }),
    Sweep: builder.loadableNodeRef('Sweep', {
      id: { resolve: ({ id }) => id },
      load: async (ids: string[], { app }: GraphQLContext) => selectByIds(app.database, sweeps, ids),
    }),
    TrainingRun: builder.loadableNodeRef('TrainingRun', {
      id: { resolve: ({ id }) => id },
      load: async (ids: string[], { app }: GraphQLContext) => selectByIds(app.database, trainingRuns, ids),
    }),
    Classification: builder.loadableNodeRef('Classification', {
      id: { resolve: ({ row }: Classification) => row.id },
      load: async (ids: string[], { app }: GraphQLContext) => {
        const rows = await selectByIds(app.database, classifications, ids);
        return rows.map((row) => (row instanceof Error ? row : { row, others: [] }));
      },
    }),
  } satisfies Record<NodeType, unknown>;
}

export type Nodes = ReturnType<typeof createNodes>;
