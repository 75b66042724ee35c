import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

const DOCUMENT = `mutation Classify($upload: Upload!, $model: String) {
  classifyGel(upload: $upload, model: $model) { label probabilities { label probability } }
}`;

interface Answer {
  label: string;
  probabilities: { label: string; probability: number }[];
}

export interface Agreement {
  pictures: number;
  sameLabels: number;
  /** Over all probabilities of all pictures. */
  largestDifference: number;
  /** Where that is. */
  file: string;
}

/** How far another server's answers are from those of the first, picture by picture. */
export async function compareAnswers(
  urls: readonly [first: string, other: string],
  files: readonly string[],
  model: string,
): Promise<Agreement> {
  const agreement: Agreement = { pictures: files.length, sameLabels: 0, largestDifference: 0, file: '' };
  for (const file of files) {
    const [first, other] = [await askFor(urls[0], file, model), await askFor(urls[1], file, model)];
    if (first.label === other.label) agreement.sameLabels += 1;
    const difference = differenceOf(first, other);
    if (difference <= agreement.largestDifference) continue;
    agreement.largestDifference = difference;
    agreement.file = basename(file);
  }
  return agreement;
}

function differenceOf(first: Answer, other: Answer): number {
  const differences = first.probabilities.map(({ label, probability }) => {
    const match = other.probabilities.find((score) => score.label === label);
    return Math.abs(probability - (match?.probability ?? Number.NaN));
  });
  return Math.max(...differences);
}

async function askFor(url: string, file: string, model: string): Promise<Answer> {
  const form = new FormData();
  form.set('operations', JSON.stringify({ query: DOCUMENT, variables: { upload: null, model } }));
  form.set('map', JSON.stringify({ file: ['variables.upload'] }));
  form.set('file', new Blob([Uint8Array.from(await readFile(file))]), basename(file));
  const headers = { 'x-graphql-yoga-csrf': 'bench', accept: 'application/json' };
  const response = await fetch(url, { method: 'POST', body: form, headers });
  const text = await response.text();
  const { data } = JSON.parse(text) as { data?: { classifyGel?: Answer } | null };
  if (data?.classifyGel === undefined) throw new Error(`${url} does not answer for ${file}: ${text}`);
  return data.classifyGel;
}
