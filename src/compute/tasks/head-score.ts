/** Sums over pictures, so that scores of batches can be added. */
export interface Score {
  /** Sum of the cross-entropies, natural logarithm. */
  lossSum: number;
  correct: number;
  count: number;
}

export const NO_SCORE: Score = { lossSum: 0, correct: 0, count: 0 };

export function addScores(left: Score, right: Score): Score {
  return {
    lossSum: left.lossSum + right.lossSum,
    correct: left.correct + right.correct,
    count: left.count + right.count,
  };
}

/** Scores logits [labels.length, C] in double precision. The first of equal logits is the answer. */
export function scoreLogits(logits: Float32Array, labels: Int32Array): Score {
  const classCount = logits.length / labels.length;
  let [lossSum, correct] = [0, 0];
  labels.forEach((label, row) => {
    const values = logits.subarray(row * classCount, (row + 1) * classCount);
    const largest = Math.max(...values);
    const total = values.reduce((sum, value) => sum + Math.exp(value - largest), 0);
    lossSum += Math.log(total) + largest - (values[label] ?? NaN);
    if (values.indexOf(largest) === label) correct++;
  });
  return { lossSum, correct, count: labels.length };
}
