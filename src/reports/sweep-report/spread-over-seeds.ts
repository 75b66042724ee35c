import { meanOf, sumOf } from '../../evaluation/arithmetic.js';
import { TRAINING_SETTINGS } from '../../words/training-settings.js';
import { rankParts } from './decide-sweep.js';
import { listConfiguration } from './describe-configuration.js';
import type { ReportedPart, TrainedPart } from './sweep-report.js';

/** Mean and standard deviation, with n - 1, over the seeds. */
export interface Spread {
  mean: number;
  deviation: number;
  lowest: number;
  highest: number;
}

/** Parts that differ in their seed alone and were tested on the same pictures. */
export interface SeedGroup {
  /** By number. */
  parts: TrainedPart[];
  /** The settings in which the groups differ, with their values; empty where there is one group. */
  settings: [string, string][];
  accuracy: Spread;
  logLoss: Spread;
}

/** What the luck of initial values and order makes of each configuration; the highest mean accuracy first. */
export function spreadOverSeeds(parts: readonly ReportedPart[]): SeedGroup[] {
  const groups = new Map<string, TrainedPart[]>();
  for (const part of rankParts(parts)) {
    const key = JSON.stringify([part.holdout.result.testDigest, settingsOf(part)]);
    groups.set(key, [...(groups.get(key) ?? []), part]);
  }
  const repeated = [...groups.values()].filter((group) => new Set(group.map(seedOf)).size > 1);
  const varied = variedSettings(repeated.flatMap((group) => group.slice(0, 1)));
  return repeated
    .map((group) => describeGroup(group, varied))
    .sort((left, right) => right.accuracy.mean - left.accuracy.mean);
}

function describeGroup(group: readonly TrainedPart[], varied: ReadonlySet<string>): SeedGroup {
  const parts = group.toSorted((left, right) => left.part.number - right.part.number);
  const settings = parts.slice(0, 1).flatMap(settingsOf);
  return {
    parts,
    settings: settings.filter(([label]) => varied.has(label)),
    accuracy: spreadOf(parts.map(({ holdout }) => holdout.result.accuracy)),
    logLoss: spreadOf(parts.map(({ holdout }) => holdout.result.logLoss)),
  };
}

const seedOf = ({ model }: TrainedPart) => model.configuration.seed;

/** All but the seed. */
function settingsOf({ model }: TrainedPart): [string, string][] {
  return listConfiguration(model.configuration).filter(([label]) => label !== TRAINING_SETTINGS.seed.label);
}

function variedSettings(parts: readonly TrainedPart[]): Set<string> {
  const texts = parts.map((part) => new Map(settingsOf(part)));
  const labels = new Set(texts.flatMap((settings) => [...settings.keys()]));
  return new Set(
    [...labels].filter((label) => new Set(texts.map((settings) => settings.get(label))).size > 1),
  );
}

function spreadOf(values: readonly number[]): Spread {
  const mean = meanOf(values);
  const squares = sumOf(values.map((value) => (value - mean) ** 2));
  return {
    mean,
    deviation: Math.sqrt(squares / (values.length - 1)),
    lowest: Math.min(...values),
    highest: Math.max(...values),
  };
}
