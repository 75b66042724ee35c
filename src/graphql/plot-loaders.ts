import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import { findScoresOfResults, type TestScoreRow } from '../registry/results.js';
import { listEpochs, type EpochRow } from '../runs/training-runs.js';
import type { GraphQLContext } from './context.js';

/** What plots are made from, one statement however many of them an operation asks for. */
export const scoresLoader = createContextCache(
  ({ app }: GraphQLContext) =>
    new DataLoader<string, TestScoreRow[]>((resultIds) => findScoresOfResults(app.database, resultIds)),
);

export const epochsLoader = createContextCache(
  ({ app }: GraphQLContext) =>
    new DataLoader<string, EpochRow[]>(async (runIds) => {
      const rows = await listEpochs(app.database, runIds);
      return runIds.map((id) => rows.filter(({ runId }) => runId === id));
    }),
);
