import { DEVICES } from '../words/device.js';
import type { OpenConfiguration } from '../runs/choose-run-device.js';
import { GelqlError } from '../errors.js';
import { ARCHITECTURES, HEADS, type Architecture } from '../words/architecture.js';
import { DEFAULT_BACKBONE_IDS } from '../networks/weights/catalog.js';
import { OPTIMIZERS, type Trainable } from '../words/training-configuration.js';
import {
  findSettingProblem,
  networkSettings,
  resolveConfiguration,
  TRAINING_DEFAULTS,
  type NumericSetting,
  type TrainingRequest,
} from '../runs/resolve-configuration.js';
import type { SweepRequest } from '../words/sweep-request.js';

/** The lists of a grid and what each varies, the slowest first: runs of one backbone follow each other. */
const AXES = [
  ['devices', 'device'],
  ['backboneIds', 'backboneId'],
  ['trainables', 'trainable'],
  ['heads', 'head'],
  ['optimizers', 'optimizer'],
  ['learningRates', 'learningRate'],
  ['batchSizes', 'batchSize'],
  ['epochs', 'epochs'],
  ['seeds', 'seed'],
] as const;
type ListName = (typeof AXES)[number][0];
type Varied = (typeof AXES)[number][1];
type Lists = Required<Pick<SweepRequest, ListName>>;

const HEADS_ALONE: readonly Trainable[] = ['HEAD'];

/** A grid as a caller gives it; what is left out has the published experiment's values. */
export type GridRequest = { [K in ListName]?: readonly Lists[K][number][] | undefined } & {
  /** With their default weights, before `backboneIds`. */
  architectures?: readonly Architecture[] | undefined;
  /** What holds for all parts. */
  shared?: Omit<TrainingRequest, Varied> | undefined;
};

/** One combination of a grid. */
export interface GridPart {
  /** From 1. */
  number: number;
  configuration: OpenConfiguration;
}

/** Each part is a run, a job and a row of its own. */
export const MAX_SWEEP_PARTS = 1000;

/**
 * The grid with every default filled in; without any list the published experiment's 24 combinations.
 * @throws GelqlError BAD_REQUEST for an empty list, a value listed twice or out of range; SWEEP_TOO_LARGE
 */
export function resolveGrid(request: GridRequest): SweepRequest {
  const defaults = TRAINING_DEFAULTS;
  const lists = {
    devices: [...(request.devices ?? DEVICES)],
    backboneIds: backbonesOf(request),
    trainables: [...(request.trainables ?? HEADS_ALONE)],
    heads: [...(request.heads ?? HEADS)],
    optimizers: [...(request.optimizers ?? OPTIMIZERS)],
    learningRates: [...(request.learningRates ?? [defaults.learningRate])],
    batchSizes: [...(request.batchSizes ?? [defaults.batchSize])],
    epochs: [...(request.epochs ?? [defaults.epochs])],
    seeds: [...(request.seeds ?? [defaults.seed])],
  };
  checkLists(lists);
  const { backboneLearningRate, ...shared } = request.shared ?? {};
  const settings = withoutVaried(resolveConfiguration(shared));
  const { trainables, ...others } = lists;
  if (trainables.every((trainable) => trainable === 'HEAD')) {
    if (backboneLearningRate !== undefined) throw needsNetworks();
    return { ...settings, ...others };
  }
  // What a part inside a network may not ask for stands against the whole grid.
  const [inside] = trainables.filter((trainable) => trainable !== 'HEAD');
  resolveConfiguration({ ...shared, trainable: inside, backboneLearningRate });
  return { ...settings, ...lists, ...(backboneLearningRate === undefined ? {} : { backboneLearningRate }) };
}

function needsNetworks(): GelqlError {
  const message =
    'backboneLearningRate needs trainables other than HEAD, which leaves the backbone as it is.';
  return new GelqlError('BAD_REQUEST', message);
}

/**
 * Every combination of the grid. The default grid is numbered as the published table: 1 to 12 on the CPU, 13 to 24 on the
 * GPU; within a device ResNet18, VGG16, MobileNetV3; within a backbone single Adam, single SGD, multi Adam, multi SGD.
 */
export function expandGrid(grid: SweepRequest): GridPart[] {
  const { backboneLearningRate, ...shared } = grid;
  let combinations: object[] = [withoutVaried(shared)];
  for (const [list, setting] of AXES) {
    combinations = combinations.flatMap((combination) =>
      (grid[list] ?? HEADS_ALONE).map((value) => ({ ...combination, [setting]: value })),
    );
  }
  return combinations.map((combination, index) => {
    // The axes name every setting that is a list in a grid.
    const { trainable, ...configuration } = combination as OpenConfiguration & { trainable: Trainable };
    if (trainable === 'HEAD') return { number: index + 1, configuration };
    const network = networkSettings(trainable, configuration.learningRate, backboneLearningRate);
    return { number: index + 1, configuration: { ...configuration, network } };
  });
}

function backbonesOf({ architectures, backboneIds }: GridRequest): string[] {
  const isDefault = architectures === undefined && backboneIds === undefined;
  const networks = isDefault ? ARCHITECTURES : (architectures ?? []);
  return [...networks.map((architecture) => DEFAULT_BACKBONE_IDS[architecture]), ...(backboneIds ?? [])];
}

function checkLists(lists: Lists): void {
  let count = 1;
  for (const [name, setting] of AXES) {
    const values: readonly (string | number)[] = lists[name];
    const problem = findListProblem(setting, values);
    if (problem !== null) throw new GelqlError('BAD_REQUEST', `The list ${name} of the grid ${problem}.`);
    count *= values.length;
  }
  if (count <= MAX_SWEEP_PARTS) return;
  throw new GelqlError(
    'SWEEP_TOO_LARGE',
    `The grid has ${count} parts; at most ${MAX_SWEEP_PARTS} are taken.`,
    { facts: { parts: count, limit: MAX_SWEEP_PARTS } },
  );
}

function findListProblem(setting: Varied, values: readonly (string | number)[]): string | null {
  if (values.length === 0) return 'is empty';
  const repeated = values.find((value, index) => values.indexOf(value) !== index);
  if (repeated !== undefined) return `names ${repeated} twice`;
  for (const value of values) {
    if (typeof value !== 'number') continue;
    // A list of numbers varies a setting that is a number.
    const problem = findSettingProblem(setting as NumericSetting, value);
    if (problem !== null) return `has ${value}: ${problem}`;
  }
  return null;
}

function withoutVaried<T extends object>(settings: T): Omit<T, Varied | ListName> {
  const varied: readonly string[] = AXES.flat();
  const entries = Object.entries(settings).filter(([name]) => !varied.includes(name));
  return Object.fromEntries(entries) as Omit<T, Varied | ListName>;
}
