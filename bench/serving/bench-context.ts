import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { createCompute } from '../../src/compute/create-compute.js';
import type { EngineName } from '../../src/words/device.js';
import { PACKAGE_DIR, readConfig, type Config } from '../../src/config.js';
import { INPUT_SIDE } from '../../src/words/picture.js';
import { createLogger } from '../../src/logger.js';
import type { BackboneRecord } from '../../src/words/architecture.js';
import { findBackbone } from '../../src/networks/weights/backbones.js';
import { startServer, type ServerKind, type ServerProcess } from './server-process.js';

/** A shipped model, and what this machine serves it with. */
export interface Subject {
  model: string;
  backbone: BackboneRecord;
  engine: EngineName;
  maxBatch: number;
}

export interface BenchContext {
  config: Config;
  subjects: Subject[];
  /** The demonstration pictures as they are. */
  demoPictures: readonly string[];
  /** The same, grey and of the size of the network input: decoding is next to nothing. */
  smallPictures: readonly string[];
  folder: string;
  isQuick: boolean;
  /** The virtual environment of bench/peers, absolute; it may still have to be made. */
  peersDir: string;
  /** Runs work against a server of its own with an embedded database of its own. */
  withServer<T>(
    kind: ServerKind,
    environment: Record<string, string>,
    work: (server: ServerProcess) => Promise<T>,
  ): Promise<T>;
}

const MODELS = [
  { model: 'gelql-base-mobilenet_v3_large', backboneId: 'mobilenet_v3_large-gelql-1' },
  { model: 'gelql-base-resnet18', backboneId: 'resnet18-gelql-2' },
];

/** @param folder temporary; the caller removes it */
export async function prepareBench(
  folder: string,
  { isQuick, peersDir }: { isQuick: boolean; peersDir: string | undefined },
): Promise<BenchContext> {
  const config = readConfig();
  const demoPictures = await listPictures(join(PACKAGE_DIR, 'dataset', 'test', 'gel'));
  let servers = 0;
  return {
    config,
    subjects: await findSubjects(config),
    demoPictures,
    smallPictures: await shrink(demoPictures, join(folder, 'small')),
    folder,
    isQuick,
    peersDir: resolve(peersDir ?? join(config.cacheDir, 'bench-peers')),
    async withServer(kind, environment, work) {
      servers += 1;
      const dataDir = join(folder, `data-${servers}`);
      const server = await startServer(kind, { GELQL_DATA_DIR: dataDir, ...environment });
      try {
        return await work(server);
      } finally {
        await server.stop();
      }
    },
  };
}

export async function listPictures(directory: string): Promise<string[]> {
  return (await readdir(directory)).sort().map((name) => join(directory, name));
}

/** Chooses and measures as the server does, and leaves the measurements where it finds them. */
async function findSubjects(config: Config): Promise<Subject[]> {
  const compute = createCompute(config, createLogger('error'));
  try {
    const subjects: Subject[] = [];
    for (const { model, backboneId } of MODELS) {
      const backbone = await findBackbone(backboneId, config);
      const engine = await compute.chooseEngine('CPU', backbone);
      subjects.push({ model, backbone, engine, maxBatch: await compute.maxBatch(engine, backbone) });
    }
    return subjects;
  } finally {
    await compute.close();
  }
}

async function shrink(files: readonly string[], directory: string): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  return Promise.all(
    files.map(async (file, index) => {
      const small = join(directory, `${index}.png`);
      const picture = sharp(await readFile(file)).resize(INPUT_SIDE, INPUT_SIDE, { fit: 'fill' });
      await writeFile(small, await picture.greyscale().png().toBuffer());
      return small;
    }),
  );
}
