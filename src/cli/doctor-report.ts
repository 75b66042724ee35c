import { existsSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { createCompute } from '../compute/create-compute.js';
import { DEVICES, type Device } from '../words/device.js';
import { describeMachine } from '../compute/machine.js';
import type { Compute, EngineReport } from '../compute/protocol.js';
import type { Config } from '../config.js';
import { openDatabase } from '../db/client.js';
import type { Logger } from '../logger.js';
import type { BackboneRecord } from '../words/architecture.js';
import { findBackbone, listBackbones, type BackboneListing } from '../networks/weights/backbones.js';
import { createCommandLogger } from './terminal/command-logger.js';

/** What `gelql doctor` finds out about this machine and installation. */
export interface DoctorReport {
  gelqlVersion: string;
  nodeVersion: string;
  platform: string;
  cpu: string;
  threads: number;
  /** Longest time that a picture waits for company while the engine is idle. */
  maxDelayMs: number;
  memory: { totalBytes: number; freeBytes: number };
  database: { mode: 'own' | 'url'; isUsable: boolean; description: string };
  engines: EngineReport[];
  /** The engine for each present backbone, for devices that engines exist for; null where `reason` says why. */
  choices: { device: Device; backboneId: string; engine: string | null; reason: string | null }[];
  trainingEngines: { device: Device; engine: string | null; reason: string | null }[];
  backbones: Pick<BackboneListing, 'id' | 'origin' | 'state' | 'problem' | 'sizeBytes'>[];
  folders: { path: string; sizeBytes: number }[];
}

/** @param options.measure times every engine with every present backbone first (a minute) */
export async function inspectMachine(config: Config, options: { measure: boolean }): Promise<DoctorReport> {
  const logger = createCommandLogger(config);
  const compute = createCompute(config, logger);
  try {
    const backbones = await listBackbones(config);
    const present = backbones.filter(({ state }) => state === 'present');
    const records = await Promise.all(present.map(({ id }) => findBackbone(id, config)));
    const engines = options.measure ? await compute.measure(records) : await compute.engines();
    const { gelqlVersion, cpu } = describeMachine();
    return {
      gelqlVersion,
      nodeVersion: process.version,
      platform: `${process.platform} ${process.arch}`,
      cpu,
      threads: config.threads,
      maxDelayMs: config.maxDelayMs,
      memory: { totalBytes: totalmem(), freeBytes: freemem() },
      database: await inspectDatabase(config, logger),
      engines,
      choices: await listChoices(compute, config, engines, records),
      trainingEngines: await Promise.all(
        DEVICES.map(async (device) => ({
          device,
          ...(await tellOutcome(compute.chooseTrainingEngine(device))),
        })),
      ),
      backbones: backbones.map(({ id, origin, state, problem, sizeBytes }) => ({
        id,
        origin,
        state,
        problem,
        sizeBytes,
      })),
      folders: await measureFolders(config.cacheDir),
    };
  } finally {
    await compute.close();
  }
}

async function listChoices(
  compute: Compute,
  config: Config,
  engines: EngineReport[],
  backbones: BackboneRecord[],
): Promise<DoctorReport['choices']> {
  const choices: DoctorReport['choices'] = [];
  for (const device of new Set(engines.map((report) => report.device))) {
    for (const backbone of backbones) {
      const outcome = isDecided(engines, config, device, backbone)
        ? await tellOutcome(compute.chooseEngine(device, backbone))
        : { engine: null, reason: 'not measured yet: the first use, or gelql doctor --measure, does it' };
      choices.push({ device, backboneId: backbone.id, ...outcome });
    }
  }
  return choices;
}

/** Whether choosing needs no measuring, which would take seconds. */
function isDecided(engines: EngineReport[], config: Config, device: Device, { id }: BackboneRecord): boolean {
  const candidates = engines.filter((report) => report.device === device && report.available);
  const isMeasured = ({ measurements }: EngineReport) =>
    measurements.some(({ backboneId }) => backboneId === id);
  return config.engine !== null || candidates.length < 2 || candidates.every(isMeasured);
}

async function tellOutcome(
  choice: Promise<string>,
): Promise<{ engine: string | null; reason: string | null }> {
  return choice.then(
    (engine) => ({ engine, reason: null }),
    (error: unknown) => ({ engine: null, reason: error instanceof Error ? error.message : String(error) }),
  );
}

/** A database that is not there yet is not made for the question. */
async function inspectDatabase(config: Config, logger: Logger): Promise<DoctorReport['database']> {
  const mode = config.databaseUrl === null ? 'own' : 'url';
  if (mode === 'own' && !existsSync(config.dataDir)) {
    return { mode, isUsable: true, description: `in ${config.dataDir} (made at the first start)` };
  }
  try {
    const database = await openDatabase(config, logger);
    const { rows } = await database.executeSql('show server_version');
    await database.close();
    const version = rows[0]?.server_version;
    const name = typeof version === 'string' ? `PostgreSQL ${version}` : 'PostgreSQL';
    return { mode, isUsable: true, description: `${name} answers (${database.address})` };
  } catch (error) {
    const description = error instanceof Error ? error.message : String(error);
    return { mode, isUsable: false, description };
  }
}

/** The cache folder's own entries with everything below them. */
async function measureFolders(cacheDir: string): Promise<DoctorReport['folders']> {
  const names = existsSync(cacheDir) ? (await readdir(cacheDir)).sort() : [];
  return Promise.all(
    names.map(async (name) => {
      const path = join(cacheDir, name);
      return { path, sizeBytes: await sizeOf(path) };
    }),
  );
}

/** Links are counted as links, files that vanish meanwhile not at all. */
async function sizeOf(path: string): Promise<number> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return 0;
  if (!found.isDirectory()) return found.size;
  const names = await readdir(path);
  const sizes = await Promise.all(names.map((name) => sizeOf(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}
