import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/** The installed @tensorflow/tfjs-node: JavaScript and addon sources; its own installer is never run. */
export interface TfjsNodePackage {
  directory: string;
  version: string;
  /** The Node-API level that its loader looks for. */
  napiVersion: number;
  /** Where its loader (node-pre-gyp's `find`) expects the addon. */
  addonPath: string;
}

const manifestSchema = z.object({
  version: z.string(),
  binary: z.object({
    module_name: z.string(),
    module_path: z.string(),
    napi_versions: z.array(z.number()).min(1),
  }),
});

/** @param directory of the package; by default the one that this product itself would import */
export function readTfjsNodePackage(directory: string = findTfjsNodeDirectory()): TfjsNodePackage {
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')));
  // The loader takes the highest level that both sides know; every supported Node knows level 9 and above.
  const napiVersion = Math.max(...manifest.binary.napi_versions);
  const folder = manifest.binary.module_path.replace('{napi_build_version}', String(napiVersion));
  return {
    directory,
    version: manifest.version,
    napiVersion,
    addonPath: join(directory, folder, `${manifest.binary.module_name}.node`),
  };
}

function findTfjsNodeDirectory(): string {
  return dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node/package.json'));
}
