/**
 * The published experiment's table: results.csv of github.com/kalthommusa/Gel-Electrophoresis-Image-Classification at
 * commit eab1e1e117aa3296b1d97909339ddd5f032da541, columns model_id, accuracy, conf_mat (rows actual, columns predicted,
 * gel first). 11 gels, 11 others; no answer to a single picture is published.
 */
export const PUBLISHED_RESULTS: readonly {
  modelId: number;
  accuracy: string;
  confusion: [[number, number], [number, number]];
}[] = [
  [1, '81.82%', 7, 4, 0, 11],
  [2, '68.18%', 4, 7, 0, 11],
  [3, '81.82%', 7, 4, 0, 11],
  [4, '90.91%', 9, 2, 0, 11],
  [5, '68.18%', 4, 7, 0, 11],
  [6, '50.00%', 0, 11, 0, 11],
  [7, '77.27%', 6, 5, 0, 11],
  [8, '77.27%', 6, 5, 0, 11],
  [9, '54.55%', 11, 0, 10, 1],
  [10, '54.55%', 9, 2, 8, 3],
  [11, '63.64%', 10, 1, 7, 4],
  [12, '68.18%', 9, 2, 5, 6],
  [13, '81.82%', 7, 4, 0, 11],
  [14, '90.91%', 9, 2, 0, 11],
  [15, '86.36%', 8, 3, 0, 11],
  [16, '95.45%', 11, 0, 1, 10],
  [17, '72.73%', 5, 6, 0, 11],
  [18, '77.27%', 7, 4, 1, 10],
  [19, '77.27%', 6, 5, 0, 11],
  [20, '77.27%', 7, 4, 1, 10],
  [21, '68.18%', 9, 2, 5, 6],
  [22, '77.27%', 7, 4, 1, 10],
  [23, '63.64%', 11, 0, 8, 3],
  [24, '72.73%', 11, 0, 6, 5],
].map((row) => {
  const [modelId, accuracy, a, b, c, d] = row as [number, string, number, number, number, number];
  return {
    modelId,
    accuracy,
    confusion: [
      [a, b],
      [c, d],
    ],
  };
});
