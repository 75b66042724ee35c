/** Writes schema.graphql; with --check it only compares, and fails with the command that mends it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { printSchema } from 'graphql';
import { buildSchema } from '../src/graphql/schema.js';

const path = fileURLToPath(new URL('../schema.graphql', import.meta.url));
const printed = `${printSchema(buildSchema())}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(path, printed);
} else if (!existsSync(path) || readFileSync(path, 'utf8') !== printed) {
  console.error('schema.graphql lags behind src/graphql. Run: npm run schema:print');
  process.exitCode = 1;
} else {
  console.log('schema.graphql agrees with src/graphql');
}
