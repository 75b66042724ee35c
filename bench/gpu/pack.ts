/**
 * `npm run bench:gpu:pack [FOLDER]`: everything that measuring a graphics card needs, for a machine that has nothing
 * installed and no network: copy the folder there and call its run.sh.
 */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

/** What training inside networks is compared with; without it that part is left out. */
const CASES = '../shared/fixtures/fine-tune.json';
const MEGABYTE = 1_000_000;
const MAX_BYTES = 60 * MEGABYTE;
const NATIVE = ['webgpu', 'onnxruntime-node', 'onnxruntime-common'];
/** Never reached by the engines measured: their own modules are loaded by name only. */
const ABSENT = ['@tensorflow/tfjs-node', 'sharp'];

const target = resolve(process.argv[2] ?? 'bench/gpu/pack');
const isForeign = (path: string) =>
  /[/\\](dist|bin[/\\]napi-v\d+)[/\\](darwin|win32|linux)/.test(path) &&
  !path.includes(`linux-x64`) &&
  !/[/\\]linux([/\\]x64.*)?$/.test(path);

const place = mkdtempSync(join(tmpdir(), 'gelql-gpu-pack-'));
try {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  await build({
    entryPoints: ['bench/gpu/measure-engine.ts', 'bench/gpu/measure-training.ts'],
    outdir: target,
    outExtension: { '.js': '.mjs' },
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', minify: true, logLevel: 'warning' },
    external: [...NATIVE, ...ABSENT],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  for (const name of NATIVE) {
    cpSync(`node_modules/${name}`, join(place, 'node_modules', name), {
      recursive: true,
      filter: (path) => !isForeign(path) && !path.endsWith('.map'),
    });
  }
  copyFileSync(process.execPath, join(place, 'node'));
  execFileSync('strip', [join(place, 'node')]);
  execFileSync('tar', ['-cJf', join(target, 'programs.tar.xz'), '-C', place, '.'], {
    env: { PATH: '/usr/bin:/bin', XZ_OPT: '-9 -T2' },
  });
  for (const file of ['run.sh', 'peer.py']) copyFileSync(`bench/gpu/${file}`, join(target, file));
  copyFileSync('bench/training/torch_epochs.py', join(target, 'torch_epochs.py'));
  if (existsSync(CASES)) copyFileSync(CASES, join(target, 'fine-tune.json'));
} finally {
  rmSync(place, { recursive: true, force: true });
}
const bytes = readdirSync(target).reduce((sum, name) => sum + statSync(join(target, name)).size, 0);
console.log(`${target}: ${(bytes / MEGABYTE).toFixed(1)} MB; on the other machine: sh run.sh`);
if (bytes > MAX_BYTES) throw new Error(`the folder is larger than ${MAX_BYTES / MEGABYTE} MB`);
