import type { GraphQLSchema } from 'graphql';
import { createBuilder } from './builder.js';
import { defineClassification } from './types/classification.js';
import { defineDataset } from './types/dataset.js';
import { defineDevice } from './types/device.js';
import { defineEnums } from './types/enums.js';
import { defineModel } from './types/model.js';
import { createResultNode, defineResult } from './types/result.js';
import { defineTrainingRun } from './types/training-run.js';

/** The schema that schema.graphql prints; one file below types/ for each object with its inputs, queries and mutations. */
export function buildSchema(): GraphQLSchema {
  const builder = createBuilder();
  const enums = defineEnums(builder);
  const Dataset = defineDataset(builder);
  const Result = createResultNode(builder);
  const Model = defineModel(builder, enums, Dataset, Result);
  defineResult(builder, enums, Result);
  defineTrainingRun(builder, enums, Dataset, Model);
  defineClassification(builder, enums, Model);
  defineDevice(builder, enums);
  return builder.toSchema();
}
