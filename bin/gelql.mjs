#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { stepOutOfNpm } from './run-by-npm.mjs';

stepOutOfNpm();

// TensorFlow's C library reads its log level from the process itself, once, when it is loaded: only here, on the main
// thread and before any import, does setting it reach the worker threads as well.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';

const entry = new URL('../dist/cli.js', import.meta.url);
if (existsSync(entry)) {
  await import(entry.href);
} else {
  console.error('gelql is not built yet: run `npm run build`');
  process.exitCode = 1;
}
