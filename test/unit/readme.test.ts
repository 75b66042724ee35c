import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ENVIRONMENT_VARIABLES } from '../../src/config.js';

const readme = readFileSync('README.md', 'utf8');

describe('README.md', () => {
  it('and its page of variables document exactly those that are read', () => {
    const table = readFileSync('docs/configuration.md', 'utf8');
    const documented = [...table.matchAll(/^\| `([A-Z_]+)` +\|/gm)].map((match) => match[1]);
    expect(documented).toEqual([...ENVIRONMENT_VARIABLES]);
  });

  it.each([
    ...['README.md', 'models/gelql-base/README.md', 'dataset/README.md'],
    ...readdirSync('docs', { recursive: true, encoding: 'utf8' }).flatMap((page) =>
      page.endsWith('.md') ? [join('docs', page)] : [],
    ),
  ])('%s links to files that exist', (page) => {
    const links = [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g)].map(
      (match) => match[1] ?? '',
    );
    const missing = links.filter((link) => !existsSync(join(dirname(page), link)));
    expect(missing).toEqual([]);
  });

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = [...readme.matchAll(/npm run ([\w:]+)/g)].map((match) => match[1] ?? '');
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
