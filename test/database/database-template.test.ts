import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabaseTemplate } from '../../src/db/database-template.js';
import { silent } from '../support/database.js';

describe('the template of an empty database', () => {
  const root = mkdtempSync(join(tmpdir(), 'gelql-template-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const cacheDir = join(root, 'cache');
  const made = join(root, 'made');
  mkdirSync(join(made, 'base'), { recursive: true });
  writeFileSync(join(made, 'PG_VERSION'), '18');
  writeFileSync(join(made, 'base', '1'), 'rows');

  it('is absent at first, then copied file by file', async () => {
    const template = createDatabaseTemplate(cacheDir, silent);
    expect(await template.copyTo(join(root, 'first'))).toBe(false);
    await template.keep(made);
    expect(await template.copyTo(join(root, 'second'))).toBe(true);
    expect(readdirSync(join(root, 'second')).sort()).toEqual(['PG_VERSION', 'base']);
    expect(readFileSync(join(root, 'second', 'base', '1'), 'utf8')).toBe('rows');
  });

  it('stays as it is when another process keeps one too', async () => {
    const template = createDatabaseTemplate(cacheDir, silent);
    writeFileSync(join(made, 'base', '1'), 'others');
    await template.keep(made);
    expect(readdirSync(join(cacheDir, 'databases'))).toHaveLength(1);
    await template.copyTo(join(root, 'third'));
    expect(readFileSync(join(root, 'third', 'base', '1'), 'utf8')).toBe('rows');
  });

  it('is done without where the cache cannot be used', async () => {
    const template = createDatabaseTemplate(join(made, 'PG_VERSION'), silent);
    await template.keep(made);
    expect(await template.copyTo(join(root, 'fourth'))).toBe(false);
    expect(readdirSync(root)).not.toContain('fourth');
  });
});
