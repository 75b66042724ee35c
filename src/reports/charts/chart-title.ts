import { shortenText } from './shorten-text.js';

/** What a chart shows, and of what. */
export interface ChartTitle {
  title: string;
  /** Name of a model, a run, a sweep. */
  subject?: string;
}

const SUBJECT = { pixels: 400, fontSize: 12 };

/** @param statements numbers of the chart, one a line */
export function titleBlock({ title, subject }: ChartTitle, statements: readonly string[]) {
  const about = subject === undefined ? [] : [shortenText(subject, SUBJECT)];
  return { text: title, subtitle: [...about, ...statements] };
}

/** Title, subject and numbers as one text, for those who cannot see the chart. */
export function describeChart({ title, subject }: ChartTitle, statements: readonly string[]): string {
  return `${subject === undefined ? title : `${title}, ${subject}`}: ${statements.join('; ')}`;
}
