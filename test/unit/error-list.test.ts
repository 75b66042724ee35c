import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS } from '../../src/errors.js';

/** Rows of docs/errors.md: | `CODE` | status | retryable | meaning | advice |. */
const documented = readFileSync('docs/errors.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map((cells) => ({
    code: (cells[1] ?? '').replaceAll('`', ''),
    status: cells[2],
    retryable: cells[3],
    meaning: cells[4] ?? '',
    advice: cells[5],
  }));

function sources(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? sources(join(directory, entry.name))
      : [readFileSync(join(directory, entry.name), 'utf8')],
  );
}

describe('the list of error codes', () => {
  it('is the list that docs/errors.md documents, in the same order', () => {
    expect(documented.map(({ code }) => code)).toEqual(Object.keys(ERRORS));
  });

  it.each(Object.entries(ERRORS))('documents status, retry and advice of %s', (code, entry) => {
    const row = documented.find((candidate) => candidate.code === code);
    expect(row).toMatchObject({
      status: String(entry.httpStatus),
      retryable: entry.retryable ? 'yes' : 'no',
      advice: entry.advice,
    });
    expect(row?.meaning.length).toBeGreaterThan(10);
  });

  it('holds no code that the program never raises', () => {
    const text = sources('src').join('\n');
    const unused = Object.keys(ERRORS).filter((code) => text.split(`'${code}'`).length < 2);
    expect(unused).toEqual([]);
  });
});
