import { join } from 'node:path';
import { cardEnvironment, type Config } from '../config.js';
import type { Logger } from '../logger.js';
import type { BackboneRecord } from '../words/architecture.js';
import { measureEngine, probeEngine } from './engine-trial.js';
import type { EngineDescription, EngineProbe } from './engines/engine.js';
import type { EngineName } from '../words/device.js';
import { entryBeside } from './entry-beside.js';
import { describeMachine } from './machine.js';
import type { MeasureLimits } from './measuring/measure-session.js';
import {
  createMeasurementStore,
  hasSameKey,
  type Measurement,
  type MeasurementKey,
} from './measuring/measurement-store.js';
import { planThreads } from './thread-plan.js';
import type { Entry } from './worker-entry.js';

/** Native TensorFlow from a cold disk takes seconds. */
const PROBE_SECONDS = 60;
/** VGG16 on wasm: loading it and running batches of 8. */
const MEASURE_SECONDS = 180;

export interface EngineTrials {
  /** Tries the engine in a child process, once; never rejects. */
  probe(engine: EngineName): Promise<EngineProbe>;
  /** The stored measurement of this engine, version and machine. */
  recall(engine: EngineName, backbone: BackboneRecord): Promise<Measurement | null>;
  /** Those of all backbones. */
  recallAll(engine: EngineName): Promise<Measurement[]>;
  /** Measures an available engine in a child process and stores the figures; null, and a warning, where that fails. */
  measure(engine: EngineName, backbone: BackboneRecord, limits: MeasureLimits): Promise<Measurement | null>;
}

export interface EngineTrialsOptions {
  config: Pick<Config, 'cacheDir' | 'threads' | 'trainingWorkers' | 'softwareGpu' | 'card'>;
  logger: Logger;
  engines: readonly EngineDescription[];
  entry?: Entry;
}

type Conditions = Omit<MeasurementKey, 'backboneSha256' | 'featurePoint'>;

export function createEngineTrials(options: EngineTrialsOptions): EngineTrials {
  const { config, logger, engines, entry = entryBeside(import.meta.url, 'worker') } = options;
  const { softwareGpu, card, cacheDir } = config;
  const place = { softwareGpu, card, cacheDir };
  const threads = planThreads(config).engineThreads.serving;
  const terms = {
    entry,
    settings: { ...place, threads, niceness: 0 },
    environment: cardEnvironment(card),
  };
  const store = createMeasurementStore(join(cacheDir, 'measurements.json'));
  const machine = describeMachine();
  const probes = new Map<EngineName, Promise<EngineProbe>>();

  function probe(engine: EngineName): Promise<EngineProbe> {
    const probed = probes.get(engine) ?? runProbe(engine);
    probes.set(engine, probed);
    return probed;
  }

  async function runProbe(engine: EngineName): Promise<EngineProbe> {
    const row = engines.find(({ name }) => name === engine);
    const absence = row?.findAbsence?.(place) ?? null;
    if (absence !== null) return { available: false, reason: absence };
    try {
      return await probeEngine({ ...terms, seconds: PROBE_SECONDS }, engine);
    } catch (error) {
      return { available: false, reason: error instanceof Error ? error.message : String(error) };
    }
  }

  /** What a measurement of this engine holds for here, but for the backbone; null where the engine is absent. */
  async function conditionsOf(engine: EngineName): Promise<Conditions | null> {
    const probed = await probe(engine);
    return probed.available ? { ...machine, engine, engineVersion: probed.version, threads } : null;
  }

  async function recallAll(engine: EngineName): Promise<Measurement[]> {
    const conditions = await conditionsOf(engine);
    if (conditions === null) return [];
    return (await store.read()).filter((stored) => hasSameKey(stored, { ...stored, ...conditions }));
  }

  async function measure(
    engine: EngineName,
    backbone: BackboneRecord,
    limits: MeasureLimits,
  ): Promise<Measurement | null> {
    const conditions = await conditionsOf(engine);
    if (conditions === null) return null;
    try {
      const task = { engine, backbone, limits };
      const { timings, failure } = await measureEngine({ ...terms, seconds: MEASURE_SECONDS }, task);
      const { id: backboneId, sha256: backboneSha256, featurePoint } = backbone;
      const measurement = {
        ...conditions,
        backboneId,
        backboneSha256,
        featurePoint,
        timings,
        ...(failure === null ? {} : { failure }),
      };
      if (failure !== null) {
        logger.warn(
          { engine, backbone: backboneId, reason: failure },
          'The engine was not measured with larger batches; it serves with those that worked.',
        );
      }
      await store.save(measurement);
      return measurement;
    } catch (error) {
      logger.warn({ engine, backbone: backbone.id, err: error }, 'The engine could not be measured.');
      return null;
    }
  }

  async function recall(engine: EngineName, backbone: BackboneRecord): Promise<Measurement | null> {
    const isOfBackbone = ({ backboneSha256, featurePoint }: Measurement) =>
      backboneSha256 === backbone.sha256 && featurePoint === backbone.featurePoint;
    return (await recallAll(engine)).find(isOfBackbone) ?? null;
  }

  return { probe, recall, recallAll, measure };
}
