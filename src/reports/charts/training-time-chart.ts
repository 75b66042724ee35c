import { at } from '../../at.js';
import type { TopLevelSpec } from 'vega-lite';
import type { Device } from '../../words/device.js';
import { ARCHITECTURES, type Architecture, REFERENCE_NAMES } from '../../words/architecture.js';
import { TRAINABLES, type Trainable } from '../../words/training-settings.js';
import { showsTrainable } from '../shows-trainable.js';
import { type ChartTitle, describeChart, titleBlock } from './chart-title.js';
import { CHART_STYLES } from './chart-theme.js';

/** A row of the results table in the database has all of this. */
export interface TimedResult {
  modelName: string;
  pretrainedModel: Architecture;
  hardwareType: Device;
  trainable: Trainable;
  trainingTimeMins: number;
}

const ROW_PIXELS = 30;
/** Shapes of the points: each part of a network has its own in every chart. None is the square of the devices. */
const SHAPES: Record<Trainable, string> = {
  HEAD: 'circle',
  STEM_AND_HEAD: 'triangle-up',
  LAST_STAGE: 'diamond',
  ALL: 'cross',
};
const UNITS = [
  { name: 'hours', minutes: 60 },
  { name: 'minutes', minutes: 1 },
  { name: 'seconds', minutes: 1 / 60 },
];

/**
 * Training time by backbone, device and what was trained: the bar is the median, each point one model. The first run on a
 * data set computes its features, later ones find them in the cache, which spreads the points.
 */
export function trainingTimeChart(results: readonly TimedResult[], title: ChartTitle): TopLevelSpec {
  const unit = chooseUnit(results);
  const groups = groupResults(results);
  const points = groups.flatMap(({ group, device, trainable, times }) =>
    times.map(({ model, minutes }) => ({
      group,
      device,
      trained: trainable.toLowerCase(),
      model,
      time: minutes / unit.minutes,
    })),
  );
  const bars = groups.map(({ group, device, times }) => {
    const median = medianOf(times.map(({ minutes }) => minutes)) / unit.minutes;
    return {
      group,
      device,
      count: times.length,
      median,
      text: `${shorten(median)} (${countModels(times.length)})`,
    };
  });
  const y = { field: 'group', type: 'nominal' as const, sort: null, title: null };
  const x = {
    type: 'quantitative' as const,
    title: `training time in ${unit.name}`,
    scale: results.length === 0 ? { domain: [0, 1] } : { zero: true },
    axis: { tickCount: 6 },
  };
  return {
    description: describeChart(title, [
      `median in ${unit.name}`,
      ...bars.map(({ group, text }) => `${group} ${text}`),
    ]),
    title: titleBlock(title, [
      results.length === 0
        ? 'no results'
        : 'bar: median; points: one model each; features that were cached are not computed again',
      ...(showsTrainable(results)
        ? ['after the comma, and by the shape of the points: what was trained']
        : []),
    ]),
    width: 420,
    height: { step: ROW_PIXELS },
    data: { values: bars },
    layer: [
      {
        mark: { type: 'bar', height: { band: 0.62 }, opacity: 0.5, cornerRadiusEnd: 2 },
        encoding: {
          x: { ...x, field: 'median' },
          y: { ...y, axis: { domain: false, ticks: false } },
          color: {
            field: 'device',
            type: 'nominal',
            title: null,
            scale: { domain: devicesOf(groups) },
            legend: { orient: 'bottom', symbolType: 'square' },
          },
        },
      },
      {
        data: { values: points },
        mark: { type: 'point', filled: true, size: 48, opacity: 0.9, tooltip: { content: 'data' } },
        encoding: {
          x: { ...x, field: 'time' },
          y,
          color: { field: 'device', type: 'nominal', title: null },
          shape: shapesOf(groups),
        },
      },
      {
        mark: { type: 'text', align: 'left', dx: 8, style: CHART_STYLES.aside },
        encoding: { x: { value: 420 }, y, text: { field: 'text', type: 'nominal' } },
      },
    ],
  };
}

interface TimedGroup {
  group: string;
  device: string;
  trainable: Trainable;
  times: { model: string; minutes: number }[];
}

/** Backbones in the order of the published table, CPU before GPU, heads before more; those without results are left out. */
function groupResults(results: readonly TimedResult[]): TimedGroup[] {
  const devices = [...new Set(results.map(({ hardwareType }) => hardwareType))].sort();
  const isTrainableShown = showsTrainable(results);
  const places = ARCHITECTURES.flatMap((architecture) =>
    devices.flatMap((device) => TRAINABLES.map((trainable) => ({ architecture, device, trainable }))),
  );
  return places.flatMap(({ architecture, device, trainable }): TimedGroup[] => {
    const times = results
      .filter((result) => result.pretrainedModel === architecture && result.hardwareType === device)
      .filter((result) => result.trainable === trainable)
      .map(({ modelName, trainingTimeMins }) => ({ model: modelName, minutes: trainingTimeMins }));
    if (times.length === 0) return [];
    const place = `${REFERENCE_NAMES[architecture]} on ${device}`;
    const group = isTrainableShown ? `${place}, ${trainable.toLowerCase()}` : place;
    return [{ group, device, trainable, times }];
  });
}

/** The shape of a point repeats what its row is labelled with; explained where several occur. */
function shapesOf(groups: readonly TimedGroup[]) {
  const occurring = TRAINABLES.filter((one) => groups.some(({ trainable }) => trainable === one));
  return {
    field: 'trained',
    type: 'nominal' as const,
    title: null,
    scale: {
      domain: occurring.map((trainable) => trainable.toLowerCase()),
      range: occurring.map((trainable) => SHAPES[trainable]),
    },
    legend: occurring.length > 1 ? { orient: 'bottom' as const } : null,
  };
}

const devicesOf = (groups: readonly TimedGroup[]) => [...new Set(groups.map(({ device }) => device))].sort();

/** The largest unit of which the longest time has at least two. */
function chooseUnit(results: readonly TimedResult[]) {
  const longest = Math.max(0, ...results.map(({ trainingTimeMins }) => trainingTimeMins));
  return UNITS.find(({ minutes }) => longest >= 2 * minutes) ?? { name: 'seconds', minutes: 1 / 60 };
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = (sorted.length - 1) / 2;
  return (at(sorted, Math.floor(middle)) + at(sorted, Math.ceil(middle))) / 2;
}

const countModels = (count: number) => (count === 1 ? '1 model' : `${count} models`);

/** Three significant digits. */
const shorten = (value: number) => String(Number(value.toPrecision(3)));
