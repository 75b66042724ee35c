import { existsSync } from 'node:fs';

// Chromium's graphics card in software: the tests of the WebGPU engines compute on it. The processes of jest inherit it,
// and native code reads it there.
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';
if (existsSync(SWIFTSHADER)) process.env.VK_DRIVER_FILES ??= SWIFTSHADER;

/** Jest runs the TypeScript sources as ES modules; real worker threads load them through tsx (src/compute/worker-entry.ts). */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  setupFilesAfterEnv: ['<rootDir>/test/support/equal-bytes.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  // Only ends what hangs; a busy machine takes several times as long as an idle one.
  testTimeout: 600_000,
  maxWorkers: 2,
  // Half a second unless set, then jest calls the process leaking and kills it. Nothing keeps it then, but to give back the
  // memory of its many realms took 0.28 s after 20 files and 1.6 GB. What really leaks lasts longer than this as well.
  workerGracefulExitTimeout: 10_000,
};
