import { at } from '../at.js';
/** What a model said of one test picture; a row of test_scores has all of this. */
export interface ScoredAnswer {
  name: string;
  sha256: string;
  label: number;
  predicted: number;
  probabilities: readonly number[];
}

/** One picture of a gallery, with the answer that was furthest from the truth where there are several. */
export interface GalleryPicture {
  /** Path below the folder of its data set. */
  name: string;
  sha256: string;
  actual: string;
  predicted: string;
  /** Probability of the predicted class, 0..1. */
  probability: number;
  isRight: boolean;
  /** Answers to this picture, more than one in a cross-validation with repeats, and the wrong ones among them. */
  answerCount: number;
  wrongCount: number;
}

export interface Gallery {
  pictures: GalleryPicture[];
  /** Counts all pictures, shown or not. */
  pictureCount: number;
  wrongCount: number;
  leftOut: { right: number; wrong: number };
}

/**
 * Wrong answers first, the most certain of them on top, then right ones from the least certain up: the order in which a
 * person should look at them.
 * @param limit pictures at most
 */
export function chooseGallery(
  classes: readonly string[],
  answers: readonly ScoredAnswer[],
  limit: number,
): Gallery {
  const all = [...groupBySha256(answers).values()].map((same) => toPicture(classes, same)).sort(byInterest);
  const pictures = all.slice(0, limit);
  const rest = all.slice(limit);
  return {
    pictures,
    pictureCount: all.length,
    wrongCount: all.filter(({ isRight }) => !isRight).length,
    leftOut: {
      right: rest.filter(({ isRight }) => isRight).length,
      wrong: rest.filter(({ isRight }) => !isRight).length,
    },
  };
}

/** For example `252 right ones are left out`; null where nothing is. */
export function describeLeftOut({ right, wrong }: Gallery['leftOut']): string | null {
  if (right + wrong === 0) return null;
  return wrong === 0
    ? `${right} right ones are left out`
    : `${right + wrong} are left out, ${wrong} wrong ones among them`;
}

function groupBySha256(answers: readonly ScoredAnswer[]): Map<string, [ScoredAnswer, ...ScoredAnswer[]]> {
  const groups = new Map<string, [ScoredAnswer, ...ScoredAnswer[]]>();
  for (const answer of answers) {
    const group = groups.get(answer.sha256);
    if (group === undefined) groups.set(answer.sha256, [answer]);
    else group.push(answer);
  }
  return groups;
}

function toPicture(classes: readonly string[], answers: [ScoredAnswer, ...ScoredAnswer[]]): GalleryPicture {
  const truth = ({ label, probabilities }: ScoredAnswer) => at(probabilities, label);
  const [worst] = answers.toSorted((left, right) => truth(left) - truth(right)) as typeof answers;
  const { name, sha256, label, predicted, probabilities } = worst;
  return {
    name,
    sha256,
    actual: at(classes, label),
    predicted: at(classes, predicted),
    probability: at(probabilities, predicted),
    isRight: label === predicted,
    answerCount: answers.length,
    wrongCount: answers.filter((answer) => answer.label !== answer.predicted).length,
  };
}

function byInterest(left: GalleryPicture, right: GalleryPicture): number {
  if (left.isRight !== right.isRight) return left.isRight ? 1 : -1;
  const sign = left.isRight ? 1 : -1;
  return sign * (left.probability - right.probability) || (left.name < right.name ? -1 : 1);
}
