/**
 * Transposes `count` matrices that lie one after another; planes of pixels become pixels of channels and back.
 * @param values [count, rows, columns]
 * @returns [count, columns, rows]
 */
export function transposeMatrices(
  values: Float32Array,
  count: number,
  rows: number,
  columns: number,
): Float32Array {
  const transposed = new Float32Array(values.length);
  for (let matrix = 0; matrix < count; matrix++) {
    const start = matrix * rows * columns;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        transposed[start + column * rows + row] = values[start + row * columns + column] ?? 0;
      }
    }
  }
  return transposed;
}
