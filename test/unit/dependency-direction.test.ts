import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const SOURCE = resolve('src');

/** A folder or file of src/ may import what stands on a lower line, and its own folder. */
const RANKS: string[][] = [
  ['at', 'errors', 'random', 'disk-budget', 'request-scope', 'list-names'],
  ['words'],
  ['logger', 'metrics'],
  ['config'],
  ['images', 'networks', 'evaluation', 'db', 'setup'],
  ['compute'],
  ['registry', 'datasets'],
  ['comparison', 'exports', 'features', 'receipts', 'runs'],
  ['serving'],
  ['classification', 'training'],
  ['sweeps'],
  ['reports'],
  ['app'],
  ['graphql'],
  ['cli'],
];

/** Packages that only the named folders or files may import. */
const OWNED_PACKAGES: [RegExp, string[]][] = [
  [/^@tensorflow\//, ['compute/']],
  [/^onnxruntime-node/, ['compute/']],
  [/^sharp$/, ['images/']],
  [/^pg$/, ['db/']],
  [/^graphile-worker$/, ['runs/']],
  [/^(postgres|drizzle-orm\/postgres-js)/, ['db/']],
  [
    /^drizzle-orm/,
    [
      'classification/',
      'comparison/',
      'datasets/',
      'db/',
      'exports/',
      'receipts/',
      'registry/',
      'runs/',
      'serving/',
      'sweeps/',
      'training/',
    ],
  ],
  [/^(graphql|graphql-yoga|@pothos\/|@graphql-yoga\/|@escape\.tech\/)/, ['graphql/']],
  [/^commander$/, ['cli/', 'cli.ts']],
];

interface Import {
  from: string;
  specifier: string;
}

function sourceFiles(directory = SOURCE): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return sourceFiles(path);
    return entry.name.endsWith('.ts') ? [relative(SOURCE, path)] : [];
  });
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(SOURCE, file), 'utf8');
  const pattern =
    /(?:^|\n)\s*(?:import|export)\b[^;]*?\bfrom\s+'([^']+)'|\bimport\(\s*'([^']+)'|(?:^|\n)import\s+'([^']+)'/g;
  return [...text.matchAll(pattern)].map((match) => ({
    from: file,
    specifier: match[1] ?? match[2] ?? match[3] ?? '',
  }));
}

const files = sourceFiles();
const imports = files.flatMap(importsOf);
const internal = imports
  .filter(({ specifier }) => specifier.startsWith('.'))
  .map(({ from, specifier }) => ({
    from,
    to: relative(SOURCE, resolve(SOURCE, dirname(from), specifier)).replace(/\.js$/, '.ts'),
  }));

function topOf(file: string): string {
  return (file.split('/')[0] ?? '').replace(/\.ts$/, '');
}

function rankOf(file: string): number {
  return RANKS.findIndex((names) => names.includes(topOf(file)));
}

describe('the sources', () => {
  it('are found, with their imports', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(internal.length).toBeGreaterThan(50);
    expect(internal.filter(({ to }) => !to.startsWith('..') && !files.includes(to))).toEqual([]);
  });

  it('import downwards or from their own folder only', () => {
    const upwards = internal.filter(({ from, to }) => {
      if (topOf(from) === topOf(to)) return false;
      return rankOf(from) <= rankOf(to) || rankOf(to) === -1;
    });
    expect(upwards.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it('keep each machine-facing package in its own folder', () => {
    const strays = imports.filter(({ from, specifier }) =>
      OWNED_PACKAGES.some(
        ([pattern, owners]) => pattern.test(specifier) && !owners.some((owner) => from.startsWith(owner)),
      ),
    );
    expect(strays.map(({ from, specifier }) => `${from} -> ${specifier}`)).toEqual([]);
  });

  it('import nothing from outside of src/: the tools import from there, never the other way', () => {
    expect(internal.filter(({ to }) => to.startsWith('..'))).toEqual([]);
  });

  it('read the environment in config.ts only', () => {
    const readers = files.filter(
      (file) => file !== 'config.ts' && /\bprocess\.env\b/.test(readFileSync(join(SOURCE, file), 'utf8')),
    );
    expect(readers).toEqual([]);
  });

  it('have no import cycle', () => {
    const next = new Map<string, string[]>();
    for (const { from, to } of internal) next.set(from, [...(next.get(from) ?? []), to]);
    const finished = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: string[]): void => {
      if (path.includes(file)) {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
        return;
      }
      if (finished.has(file)) return;
      for (const target of next.get(file) ?? []) visit(target, [...path, file]);
      finished.add(file);
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });
});
