import { at } from '../../at.js';
import type { ScoredAnswer } from '../gallery.js';

/** One test picture with what the models of a sweep said of it. */
export interface HardPicture {
  /** Path below the folder of its data set. */
  name: string;
  sha256: string;
  actual: string;
  /** Models that were tested on it, and those that were wrong. */
  modelCount: number;
  wrongCount: number;
  /** What the wrong ones called it, the most frequent first. */
  wrongCalls: { predicted: string; count: number }[];
}

/** Answers of one model to its test pictures. */
export interface AnsweredTest {
  classes: readonly string[];
  scores: readonly ScoredAnswer[];
}

/** The pictures that the largest share of the models got wrong first; those that nobody got wrong come last, by name. */
export function findHardPictures(tests: readonly AnsweredTest[]): HardPicture[] {
  const pictures = new Map<string, HardPicture>();
  for (const { classes, scores } of tests) {
    for (const { name, sha256, label, predicted } of scores) {
      const actual = at(classes, label);
      const key = `${sha256} ${actual}`;
      const picture = pictures.get(key) ?? {
        name,
        sha256,
        actual,
        modelCount: 0,
        wrongCount: 0,
        wrongCalls: [],
      };
      pictures.set(key, picture);
      picture.modelCount += 1;
      if (predicted !== label) addWrongCall(picture, at(classes, predicted));
    }
  }
  const shareWrong = ({ wrongCount, modelCount }: HardPicture) => wrongCount / modelCount;
  return [...pictures.values()].sort(
    (left, right) => shareWrong(right) - shareWrong(left) || (left.name < right.name ? -1 : 1),
  );
}

function addWrongCall(picture: HardPicture, predicted: string): void {
  picture.wrongCount += 1;
  const known = picture.wrongCalls.find((call) => call.predicted === predicted);
  if (known === undefined) picture.wrongCalls.push({ predicted, count: 1 });
  else known.count += 1;
  picture.wrongCalls.sort((left, right) => right.count - left.count);
}
