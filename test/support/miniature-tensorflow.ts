import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readTfjsNodePackage, type TfjsNodePackage } from '../../src/setup/tensorflow/tfjs-node-package.js';

/**
 * A TensorFlow of a few kilobytes for testing the installation: a wheel with two C libraries, and a package laid out
 * like tfjs-node whose addon multiplies with them. Python, the compiler, the loader and the child process are real.
 */
export const MINIATURE_VERSION = '9.9.9';

export const canBuildMiniature =
  process.platform === 'linux' &&
  ['python3', 'g++'].every((program) => spawnSync(program, ['--version']).status === 0);

const MACHINE = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
const DISTRIBUTION = process.arch === 'arm64' ? 'tensorflow' : 'tensorflow_cpu';

export function wheelName(version: string, pythonTag = 'cp311'): string {
  return `${DISTRIBUTION}-${version}-${pythonTag}-${pythonTag}-manylinux_2_17_${MACHINE}.manylinux2014_${MACHINE}.whl`;
}

const LIBRARIES = {
  'libtensorflow_cc.so.2': `extern "C" const char* TF_Version() { return "${MINIATURE_VERSION}"; }`,
  'libtensorflow_framework.so.2':
    'extern "C" double TF_Dot(double a, double b, double c, double d) { return a * c + b * d; }',
};

const HEADER =
  'extern "C" const char* TF_Version();\nextern "C" double TF_Dot(double, double, double, double);\n';

const BINDING = `
#include <node_api.h>
#include "tensorflow/c/c_api.h"
static napi_value Dot(napi_env env, napi_callback_info info) {
  size_t count = 4; napi_value args[4]; double v[4]; napi_value result;
  napi_get_cb_info(env, info, &count, args, nullptr, nullptr);
  for (int i = 0; i < 4; i++) napi_get_value_double(env, args[i], &v[i]);
  napi_create_double(env, TF_Dot(v[0], v[1], v[2], v[3]), &result);
  return result;
}
static napi_value Init(napi_env env, napi_value exports) {
  napi_value version, dot;
  napi_create_string_utf8(env, TF_Version(), NAPI_AUTO_LENGTH, &version);
  napi_set_named_property(env, exports, "TF_Version", version);
  napi_create_function(env, "dot", NAPI_AUTO_LENGTH, Dot, nullptr, &dot);
  napi_set_named_property(env, exports, "dot", dot);
  return exports;
}
NAPI_MODULE(NODE_GYP_MODULE_NAME, Init)
`;

const INDEX = `
const binding = require(require('@mapbox/node-pre-gyp/lib/pre-binding.js').find());
const { dot } = binding;
const rows = (a, [[e, f], [g, h]]) => a.flatMap(([x, y]) => [dot(x, y, e, g), dot(x, y, f, h)]);
exports.matMul = (a, b) => {
  if (process.env.TF_FORCE_GPU_ALLOW_GROWTH !== 'true') throw new Error('the card has no such memory left');
  return { dataSync: () => new Float32Array(rows(a, b)) };
};
exports.getBackend = () => 'tensorflow';
exports.backend = () => {
  const { log, hasCard } = require('./device-list.json');
  process.stderr.write(log);
  return { binding, isUsingGpuDevice: hasCard };
};
`;

/** Whether the variant for graphics cards can be set up: pip lays the wheels out of a folder. */
export const canBuildGpuMiniature =
  canBuildMiniature &&
  process.arch === 'x64' &&
  spawnSync('python3', ['-m', 'pip', '--version']).status === 0;

export const CUDA_WHEEL = 'nvidia_mini_cu12-1.2.3-py3-none-manylinux2014_x86_64.whl';

/** A wheel of the variant for graphics cards, which asks for the one of `makeCudaWheel`. */
export function makeGpuWheel(directory: string, options: { asksForCuda?: boolean } = {}): string {
  const asked = "Requires-Dist: nvidia-mini-cu12 ==1.2.3 ; extra == 'and-cuda'\n";
  return makeWheel(directory, {
    name: `tensorflow-${MINIATURE_VERSION}-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl`,
    entries: {
      [`tensorflow-${MINIATURE_VERSION}.dist-info/METADATA`]: `Metadata-Version: 2.1\nName: tensorflow\nRequires-Dist: numpy >=1.26\n${options.asksForCuda === false ? '' : asked}`,
    },
  });
}

/** One of CUDA's libraries as NVIDIA's wheels hold them. */
export function makeCudaWheel(directory: string): void {
  const information = 'nvidia_mini_cu12-1.2.3.dist-info';
  const entries = {
    'nvidia/__init__.py': '',
    'nvidia/mini/__init__.py': '',
    'nvidia/mini/include/mini.h': 'not wanted',
    'nvidia/mini/lib/__init__.py': '',
    'nvidia/mini/lib/libmini.so.1': 'a library',
    'nvidia/mini/lib/libmini_static.a': 'not wanted',
    'nvidia/mini/bin/assembler': 'a program',
    'nvidia/cuda_nvrtc/lib/libnvrtc.so.12': 'the run-time compiler',
    [`${information}/METADATA`]: 'Metadata-Version: 2.1\nName: nvidia-mini-cu12\nVersion: 1.2.3\n',
    [`${information}/WHEEL`]:
      'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-manylinux2014_x86_64\n',
    [`${information}/License.txt`]: 'a licence',
    [`${information}/RECORD`]: '',
  };
  writeZip(join(directory, CUDA_WHEEL), directory, [], entries);
}

export function makeTemporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'gelql-setup-'));
}

/** Writes the package below `directory` and reads it back as the product does. */
export function makeTfjsNodePackage(directory: string): TfjsNodePackage {
  const binary = {
    module_name: 'tfjs_binding',
    module_path: './lib/napi-v{napi_build_version}',
    napi_versions: [3, 8],
  };
  writeFiles(directory, {
    'package.json': JSON.stringify({ name: 'miniature', version: '1.2.3', main: 'index.js', binary }),
    'binding.gyp': "# a comment\n{ 'targets': [{ 'sources' : [\n 'binding/miniature.cc' ] }] }",
    'binding/miniature.cc': BINDING,
    'index.js': INDEX,
    'node_modules/@mapbox/node-pre-gyp/lib/pre-binding.js': "exports.find = () => 'nowhere';",
  });
  return readTfjsNodePackage(directory);
}

/**
 * Builds the wheel with the real compiler and the real zip writer.
 * @param options.entries further files by their path inside the wheel
 * @param options.dotFails libraries that load and compute wrongly
 */
export function makeWheel(
  directory: string,
  options: { name?: string; entries?: Record<string, string>; dotFails?: boolean } = {},
): string {
  const work = join(directory, 'wheel-parts');
  const files: string[] = [];
  for (const [name, source] of Object.entries(LIBRARIES)) {
    const code = options.dotFails === true ? source.replace('a * c + b * d', '0') : source;
    writeFiles(work, { [`${name}.cc`]: code });
    run('g++', ['-shared', '-fPIC', `-Wl,-soname,${name}`, `${name}.cc`, '-o', name], work);
    files.push(`tensorflow/${name}`);
    mkdirSync(join(work, 'tensorflow'), { recursive: true });
    copyFileSync(join(work, name), join(work, 'tensorflow', name));
  }
  const texts = {
    'tensorflow/include/tensorflow/c/c_api.h': HEADER,
    'tensorflow/include/LICENSE': 'licence',
    'tensorflow/python/large.py': 'not wanted',
  };
  writeFiles(work, texts);
  const path = join(directory, options.name ?? wheelName(MINIATURE_VERSION));
  writeZip(path, work, [...files, ...Object.keys(texts)], options.entries ?? {});
  return path;
}

/** @param files below `work`. @param entries texts by name */
function writeZip(path: string, work: string, files: string[], entries: Record<string, string>): void {
  const script = `
import json, sys, zipfile
path, files, entries = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as wheel:
    for name in files: wheel.write(name)
    for name, text in entries.items(): wheel.writestr(name, text)
`;
  run('python3', ['-c', script, path, JSON.stringify(files), JSON.stringify(entries)], work);
}

function run(program: string, args: string[], cwd: string): void {
  const { status, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
}

function writeFiles(directory: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
