import { existsSync } from 'node:fs';
import { isBuildCurrent } from './scripts/prepare.mjs';

// Chromium's graphics card in software: the tests of the WebGPU engines compute on it. The processes of jest inherit it,
// and native code reads it there.
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';
if (existsSync(SWIFTSHADER)) process.env.VK_DRIVER_FILES ??= SWIFTSHADER;

// What a test starts as a thread or a process runs from dist/ where that is built from these very sources, as after
// `npm test` has prepared; else from the sources through tsx, which takes each a second or two longer.
const runsBuild = isBuildCurrent();
process.env.GELQL_TEST_RUNS_BUILD = runsBuild ? '1' : '0';

/** Jest runs the TypeScript sources as ES modules. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // Proofs that take minutes have a command of their own: npm run test:slow
  testPathIgnorePatterns: ['/node_modules/', ...(process.env.GELQL_TEST_SLOW === '1' ? [] : ['/test/slow/'])],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    ...(runsBuild ? { '/entry-beside\\.js$': '<rootDir>/test/support/built-entry-beside.ts' } : {}),
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  setupFilesAfterEnv: ['<rootDir>/test/support/equal-bytes.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  // Only ends what hangs; a busy machine takes several times as long as an idle one.
  testTimeout: 120_000,
  maxWorkers: 2,
  // Half a second unless set, then jest calls the process leaking and kills it. Nothing keeps it then, but to give back the
  // memory of its many realms took 0.28 s after 20 files and 1.6 GB. What really leaks lasts longer than this as well.
  workerGracefulExitTimeout: 10_000,
};
