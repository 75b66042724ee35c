import type { GraphQLSchema } from 'graphql';
import { createBuilder } from './builder.js';
import { createNodes } from './nodes.js';
import { defineAlias } from './types/alias.js';
import { defineBestModel } from './types/best-model.js';
import { defineClassification } from './types/classification.js';
import { defineClassifyGel } from './types/classify-gel.js';
import { defineComparison } from './types/comparison.js';
import { defineDataset } from './types/dataset.js';
import { defineDevice } from './types/device.js';
import { defineEnums } from './types/enums.js';
import { defineEvaluation } from './types/evaluation.js';
import { defineModel } from './types/model.js';
import { defineModelService } from './types/model-service.js';
import { definePlot } from './types/plot.js';
import { defineReplay } from './types/replay.js';
import { defineResult } from './types/result.js';
import { defineSweep } from './types/sweep.js';
import { defineSweepProgress } from './types/sweep-progress.js';
import { defineTrainingProgress } from './types/training-progress.js';
import { defineTrainingRun } from './types/training-run.js';
import { defineWorker } from './types/worker.js';

/** The schema that schema.graphql prints; one file below types/ for each object with its inputs, queries, mutations and subscriptions. */
export function buildSchema(): GraphQLSchema {
  const builder = createBuilder();
  const enums = defineEnums(builder);
  const nodes = createNodes(builder);
  const evaluation = defineEvaluation(builder, enums);
  defineModel(builder, enums, nodes);
  defineModelService(builder, enums, nodes);
  defineAlias(builder, enums, nodes);
  const Plot = definePlot(builder, enums);
  defineResult(builder, enums, nodes, { ...evaluation, Plot });
  defineBestModel(builder, enums, nodes, evaluation);
  defineComparison(builder, nodes, evaluation);
  const training = defineTrainingRun(builder, enums, nodes, Plot);
  defineTrainingProgress(builder, enums, training);
  const sweep = defineSweep(builder, enums, nodes, training, Plot);
  defineSweepProgress(builder, enums, nodes, sweep);
  defineDataset(builder, nodes);
  defineClassification(builder, enums, nodes);
  defineClassifyGel(builder, enums, nodes);
  defineReplay(builder, enums, nodes);
  defineDevice(builder, enums);
  defineWorker(builder, enums, nodes);
  return builder.toSchema();
}
