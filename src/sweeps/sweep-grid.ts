import { DEVICES } from '../words/device.js';
import type { OpenConfiguration } from '../runs/choose-run-device.js';
import { GelqlError } from '../errors.js';
import { REFERENCE_ARCHITECTURES, type Architecture } from '../words/architecture.js';
import { DEFAULT_BACKBONE_IDS } from '../networks/weights/catalog.js';
import type { GridLists, SweepRequest } from '../words/sweep-request.js';
import {
  AXIS_NAMES,
  pluralOf,
  SETTING_ROWS,
  type AxisName,
  type SharedName,
} from '../words/training-settings.js';
import {
  findSettingProblem,
  impliedBackboneRate,
  resolveConfiguration,
  type TrainingRequest,
} from '../runs/resolve-configuration.js';

type ListName = keyof GridLists;
type Varied = 'device' | 'backboneId' | AxisName;

/** The lists of a grid and what each varies, the slowest first: runs of one backbone follow each other. */
const AXES: readonly [ListName, Varied][] = [
  ['devices', 'device'],
  ['backboneIds', 'backboneId'],
  ...AXIS_NAMES.map((name): [ListName, Varied] => [pluralOf(name), name]),
];

/** A grid as a caller gives it; what is left out has the published experiment's values. */
export type GridRequest = {
  [List in ListName]?: readonly GridLists[List][number][] | null | undefined;
} & {
  /** With their default weights, before `backboneIds`. */
  architectures?: readonly Architecture[] | null | undefined;
} & Pick<TrainingRequest, SharedName>;

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
export function resolveGrid({ architectures, ...request }: GridRequest): SweepRequest {
  const lists = {
    ...defaultLists(),
    ...pickLists(request),
    backboneIds: backbonesOf({ architectures, backboneIds: request.backboneIds }),
  };
  checkLists(lists);
  const shared = withoutLists(request);
  const inside = lists.trainables.find((trainable) => trainable !== 'HEAD');
  if (inside === undefined && shared.backboneLearningRate != null) throw needsNetworks();
  // A part inside a network, with the strongest views, stands for all: what it may not ask for stands against the whole grid.
  const augmentation = lists.augmentations.find((kind) => kind !== 'LIGHT');
  const settings = resolveConfiguration({ ...shared, trainable: inside, augmentation });
  return { ...withoutVaried(settings), ...lists, backboneLearningRate: shared.backboneLearningRate ?? null };
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
  let combinations: object[] = [withoutLists(grid)];
  for (const [list, setting] of AXES) {
    combinations = combinations.flatMap((combination) =>
      grid[list].map((value) => ({ ...combination, [setting]: value })),
    );
  }
  return combinations.map((combination, index) => {
    // The axes name every setting that is a list in a grid.
    const configuration = combination as OpenConfiguration;
    return {
      number: index + 1,
      configuration: { ...configuration, backboneLearningRate: impliedBackboneRate(configuration) },
    };
  });
}

function defaultLists(): GridLists {
  const axes = SETTING_ROWS.flatMap(([name, setting]) => {
    if (setting.axis === undefined) return [];
    const isWhole = setting.kind === 'choice' && setting.axis === 'all';
    return [[pluralOf(name), isWhole ? setting.values : [setting.default]]];
  });
  return { devices: DEVICES, ...Object.fromEntries(axes) } as GridLists;
}

function pickLists(request: Partial<Record<ListName, unknown>>): Partial<GridLists> {
  const given = AXES.flatMap(([list]) => (request[list] == null ? [] : [[list, request[list]]]));
  return Object.fromEntries(given) as Partial<GridLists>;
}

function backbonesOf({
  architectures,
  backboneIds,
}: Pick<GridRequest, 'architectures' | 'backboneIds'>): string[] {
  const isDefault = architectures == null && backboneIds == null;
  const networks = isDefault ? REFERENCE_ARCHITECTURES : (architectures ?? []);
  return [...networks.map((architecture) => DEFAULT_BACKBONE_IDS[architecture]), ...(backboneIds ?? [])];
}

function checkLists(lists: GridLists): void {
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
  if (setting === 'device' || setting === 'backboneId') return null;
  for (const value of values) {
    const problem = findSettingProblem(setting, value);
    if (problem !== null) return `has ${value}: ${problem}`;
  }
  return null;
}

function withoutLists<T extends object>(request: T): Omit<T, ListName> {
  const lists: readonly string[] = AXES.map(([list]) => list);
  return omit(request, (name) => lists.includes(name));
}

function withoutVaried<T extends object>(settings: T): Omit<T, Varied> {
  const varied: readonly string[] = AXES.map(([, setting]) => setting);
  return omit(settings, (name) => varied.includes(name));
}

function omit<T extends object>(object: T, isOmitted: (name: string) => boolean): T {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !isOmitted(name))) as T;
}
