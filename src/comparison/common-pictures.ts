import { numberGroups, pairAnswers, type AnsweredPair } from '../evaluation/paired/answered-pair.js';
import type { TestedPicture } from './tested-pictures.js';

/** One test picture with the answers of both models. */
export interface CommonPicture {
  /** As the first model's data set names it. */
  name: string;
  sha256: string;
  /** The true class. */
  label: string;
  first: TestedPicture;
  second: TestedPicture;
}

/** Pictures of the same bytes and the same true class that both were tested on, by name. */
export function commonPictures(
  first: readonly TestedPicture[],
  second: readonly TestedPicture[],
): CommonPicture[] {
  const waiting = new Map<string, TestedPicture[]>();
  for (const picture of second) {
    const key = keyOf(picture);
    waiting.set(key, [...(waiting.get(key) ?? []), picture]);
  }
  return first
    .flatMap((picture): CommonPicture[] => {
      const match = waiting.get(keyOf(picture))?.shift();
      const { name, sha256, label } = picture;
      return match === undefined ? [] : [{ name, sha256, label, first: picture, second: match }];
    })
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** @param classes of both models */
export function pairOf(pictures: readonly CommonPicture[], classes: readonly string[]): AnsweredPair {
  const answersOf = (side: 'first' | 'second') => {
    const answers = pictures.map((picture) => picture[side]);
    return {
      labels: answers.map(({ label }) => classes.indexOf(label)),
      predicted: answers.map(({ predicted }) => classes.indexOf(predicted)),
      probabilities: answers.map(({ probabilities }) => classes.map((name) => probabilities.get(name) ?? 0)),
      ...numberGroups(answers.map(({ groupKey, sha256 }) => groupKey ?? sha256)),
    };
  };
  return pairAnswers(answersOf('first'), answersOf('second'));
}

const keyOf = ({ sha256, label }: TestedPicture): string => `${sha256} ${label}`;
