import type { Config } from '../config.js';
import { GelqlError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { BackboneRecord } from '../words/architecture.js';
import type { EngineDescription } from './engines/engine.js';
import type { Device, DeviceChoice, EngineName } from '../words/device.js';
import { createEngineTrials } from './engine-trials.js';
import { findMaxBatch } from './measuring/max-batch.js';
import type { MeasureLimits } from './measuring/measure-session.js';
import type { Measurement } from './measuring/measurement-store.js';
import type { Compute, EngineReport } from './protocol.js';
import type { Entry } from './worker-entry.js';

/** A choice is waited for: ResNet18 on all three engines within 3 s. */
const CHOICE_BUDGET_MS = 250;
const FULL_LIMITS: MeasureLimits = { budgetMs: 1_000, hopelessMs: Number.MAX_VALUE };
/** An engine that takes this many times as long for a lone picture will not catch up in batches. */
const HOPELESS_FACTOR = 3;
/** Training and a loaded server run full batches; a lone picture's time counts for the rest. */
const BATCH_WEIGHT = 0.75;

export type Devices = Pick<
  Compute,
  'engines' | 'chooseEngine' | 'chooseTrainingEngine' | 'maxBatch' | 'measure'
>;

export interface DevicesOptions {
  config: Pick<
    Config,
    'engine' | 'cacheDir' | 'threads' | 'trainingWorkers' | 'maxBatch' | 'softwareGpu' | 'card'
  >;
  logger: Logger;
  /** The engine table, in the order of preference where nothing else decides. */
  engines: readonly EngineDescription[];
  /** Module of the trial processes; the package's own where absent. */
  entry?: Entry;
}

/**
 * Which engines this machine has and which one serves a device. Everything follows from the table's rows: an engine for
 * another device is a row more. The rule of `chooseEngine`:
 *
 *   pinned by GELQL_ENGINE -> that one, or refused
 *   one engine available   -> that one; for AUTO of any device
 *   else                   -> the smallest BATCH_WEIGHT x ms at batch 8 + the rest x ms at batch 1, from the stored
 *                             measurements of this machine; what is not stored is measured first
 */
export function createDevices({ config, logger, engines, entry }: DevicesOptions): Devices {
  const trials = createEngineTrials({ config, logger, engines, ...(entry === undefined ? {} : { entry }) });
  const choices = new Map<string, Promise<EngineName>>();

  async function chooseEngine(device: DeviceChoice, backbone: BackboneRecord): Promise<EngineName> {
    // Moved weights compute as fast as those that they were.
    const key = `${device} ${backbone.sha256} ${backbone.featurePoint}`;
    const known = choices.get(key);
    if (known !== undefined) return known;
    const choice = choose(device, backbone);
    choices.set(key, choice);
    // A failed choice is forgotten: the engine may have been installed when the next one asks.
    choice.catch(() => choices.delete(key));
    return choice;
  }

  async function choose(device: DeviceChoice, backbone: BackboneRecord): Promise<EngineName> {
    const candidates = await findAvailable(device, () => true);
    const [only, ...others] = candidates;
    if (only !== undefined && others.length === 0) return only.name;
    const measured = await measureCandidates(candidates, backbone);
    const [fastest] = measured.sort((left, right) => weighMs(left) - weighMs(right));
    if (fastest === undefined) {
      const names = candidates.map(({ name }) => name).join(', ');
      throw new GelqlError(
        'ENGINE_UNAVAILABLE',
        `None of ${names} can run ${backbone.id}; the log says why.`,
      );
    }
    return fastest.engine;
  }

  async function chooseTrainingEngine(device: Device, { inside } = { inside: false }): Promise<EngineName> {
    const isSuitable = ({ trainsHeads, trainsNetworks }: EngineDescription) =>
      inside ? trainsNetworks : trainsHeads;
    const [first] = await findAvailable(device, isSuitable);
    if (first === undefined) throw new GelqlError('ENGINE_UNAVAILABLE', `No engine trains on the ${device}.`);
    return first.name;
  }

  /**
   * The available rows for a device, the pinned one alone where it is suitable.
   * @throws GelqlError DEVICE_UNAVAILABLE, ENGINE_UNAVAILABLE
   */
  async function findAvailable(
    device: DeviceChoice,
    isSuitable: (row: EngineDescription) => boolean,
  ): Promise<EngineDescription[]> {
    const rows = selectRows(engines, device, config.engine, isSuitable);
    const probes = await Promise.all(rows.map(({ name }) => trials.probe(name)));
    const available = rows.filter((_, place) => probes[place]?.available);
    if (available.length > 0) return available;
    const reasons = rows.map(({ name }, place) => {
      const probe = probes[place];
      return `${name}: ${probe?.available === false ? probe.reason : 'unknown'}`;
    });
    const code = device === 'GPU' ? 'DEVICE_UNAVAILABLE' : 'ENGINE_UNAVAILABLE';
    const place = device === 'AUTO' ? 'CPU or the GPU' : device;
    throw new GelqlError(code, `No engine for the ${place} works here. ${reasons.join(' ')}`, {
      facts: { device, reasons },
    });
  }

  /**
   * One after another: two at once would measure each other. Those that cannot train come first, because inference is all
   * that they are made for: beside their times the others are often out of the race after a lone picture, which spares a
   * new server a second before its first answer. Those that fail are left out.
   */
  async function measureCandidates(
    rows: EngineDescription[],
    backbone: BackboneRecord,
  ): Promise<Measurement[]> {
    const measured: Measurement[] = [];
    const inferenceFirst = rows.toSorted(
      (left, right) => Number(left.trainsHeads) - Number(right.trainsHeads),
    );
    for (const { name } of inferenceFirst) {
      const fastestLoneMs = Math.min(...measured.map(loneMs));
      const hopelessMs = Math.min(Number.MAX_VALUE, HOPELESS_FACTOR * fastestLoneMs);
      const limits = { budgetMs: CHOICE_BUDGET_MS, hopelessMs };
      const measurement =
        (await trials.recall(name, backbone)) ?? (await trials.measure(name, backbone, limits));
      if (measurement !== null) measured.push(measurement);
    }
    return measured;
  }

  async function maxBatch(engine: EngineName, backbone: BackboneRecord): Promise<number> {
    if (config.maxBatch !== null) return config.maxBatch;
    const limits = { budgetMs: CHOICE_BUDGET_MS, hopelessMs: Number.MAX_VALUE };
    const stored = await trials.recall(engine, backbone);
    // Where another engine was chosen, this one was perhaps timed on a lone picture only.
    const isComplete =
      stored?.failure !== undefined || stored?.timings.length === batchSizesOf(engine).length;
    const measurement = isComplete ? stored : await trials.measure(engine, backbone, limits);
    // What cannot be measured is served one picture at a time: the first of them says what is wrong.
    return measurement === null ? 1 : findMaxBatch(measurement.timings);
  }

  function batchSizesOf(engine: EngineName): readonly number[] {
    return engines.find(({ name }) => name === engine)?.batchSizes ?? [];
  }

  async function measure(backbones: BackboneRecord[]): Promise<EngineReport[]> {
    choices.clear();
    for (const { name } of engines) {
      if (!(await trials.probe(name)).available) continue;
      for (const backbone of backbones) await trials.measure(name, backbone, FULL_LIMITS);
    }
    return reportEngines();
  }

  async function reportEngines(): Promise<EngineReport[]> {
    const reports = await Promise.all(engines.map((row) => reportEngine(row)));
    return reports.flat();
  }

  async function reportEngine({ name, devices }: EngineDescription): Promise<EngineReport[]> {
    const probe = await trials.probe(name);
    const stored = await trials.recallAll(name);
    const measurements = stored.flatMap(({ backboneId, timings }) =>
      timings.map((timing) => ({ backboneId, ...timing })),
    );
    const batchLimits = stored.map(({ backboneId, timings }) => ({
      backboneId,
      maxBatch: config.maxBatch ?? findMaxBatch(timings),
    }));
    return devices.map((device) => ({
      engine: name,
      device,
      available: probe.available,
      version: probe.available ? probe.version : null,
      reason: probe.available ? null : probe.reason,
      measurements,
      batchLimits,
    }));
  }

  return { engines: reportEngines, chooseEngine, chooseTrainingEngine, maxBatch, measure };
}

/**
 * The rows worth probing for a device. An engine pinned for serving that cannot do what is asked (train heads) does not
 * stand in the way of one that can.
 * @throws GelqlError DEVICE_UNAVAILABLE
 */
function selectRows(
  engines: readonly EngineDescription[],
  device: DeviceChoice,
  pinned: EngineName | null,
  isSuitable: (row: EngineDescription) => boolean,
): EngineDescription[] {
  const isOn = ({ devices }: EngineDescription) => device === 'AUTO' || devices.includes(device);
  const serving = engines.filter(isOn);
  if (serving.length === 0) {
    throw new GelqlError('DEVICE_UNAVAILABLE', `This version has no engine that computes on a ${device}.`, {
      facts: { device },
    });
  }
  const pinnedRow = engines.find(({ name }) => name === pinned);
  if (pinnedRow !== undefined && !isOn(pinnedRow)) {
    throw new GelqlError('DEVICE_UNAVAILABLE', `GELQL_ENGINE=${pinned} does not compute on a ${device}.`, {
      facts: { device },
    });
  }
  const suitable = serving.filter(isSuitable);
  return pinnedRow !== undefined && isSuitable(pinnedRow) ? [pinnedRow] : suitable;
}

function loneMs({ timings }: Measurement): number {
  return timings.find(({ batchSize }) => batchSize === 1)?.msPerPicture ?? Infinity;
}

function weighMs(measurement: Measurement): number {
  const alone = loneMs(measurement);
  const batched = measurement.timings.find(({ batchSize }) => batchSize === 8)?.msPerPicture ?? alone;
  return BATCH_WEIGHT * batched + (1 - BATCH_WEIGHT) * alone;
}
