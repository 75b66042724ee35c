import { InvalidArgumentError } from 'commander';

/** A moment as ISO 8601, for options of the command line. @throws InvalidArgumentError */
export function parseTime(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('Give a time as ISO 8601.');
  return time;
}
