import { normalisationTables, normalise } from '../../src/networks/normalise.js';
import { transposeMatrices } from '../../src/networks/transpose.js';

const GREY = { mean: [0.5, 0.5, 0.5], standardDeviation: [0.25, 0.25, 0.25] } as const;
const COLOUR = { mean: [0.5, 0.25, 0], standardDeviation: [0.25, 0.5, 1] } as const;
const sumsPlanes = true;

describe('normalisation', () => {
  it('maps a grey level to (level / 255 - mean) / deviation, rounded once', () => {
    const [table] = normalisationTables(GREY, { sumsPlanes });
    expect(table).toHaveLength(256);
    expect(table?.[0]).toBe(-2);
    expect(table?.[255]).toBe(2);
    expect(table?.[100]).toBe(Math.fround((100 / 255 - 0.5) / 0.25));
  });

  it('needs one table where the planes are equal, three where they differ or are wanted', () => {
    expect(normalisationTables(GREY, { sumsPlanes })).toHaveLength(1);
    expect(normalisationTables(COLOUR, { sumsPlanes })).toHaveLength(3);
    expect(normalisationTables(GREY, { sumsPlanes: false })).toHaveLength(3);
    expect(normalisationTables({ ...GREY, mean: [0.5, 0.5, 0.4] }, { sumsPlanes })).toHaveLength(3);
  });

  it('lays planes one after another or side by side, picture by picture', () => {
    const tables = normalisationTables(COLOUR, { sumsPlanes });
    const inputs = Uint8Array.from([0, 255, 255, 0]);
    const [dark, light] = [
      [-2, -0.5, 0],
      [2, 1.5, 1],
    ] as const;
    const side = [...dark, ...light, ...light, ...dark];
    expect([...normalise(inputs, 2, tables, 'NHWC')]).toEqual(side);
    const planes = [-2, 2, -0.5, 1.5, 0, 1, 2, -2, 1.5, -0.5, 1, 0];
    expect([...normalise(inputs, 2, tables, 'NCHW')]).toEqual(planes);
  });
});

describe('transposing', () => {
  it('turns planes of pixels into pixels of channels, matrix by matrix', () => {
    const values = Float32Array.from([1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60]);
    expect([...transposeMatrices(values, 2, 2, 3)]).toEqual([1, 4, 2, 5, 3, 6, 10, 40, 20, 50, 30, 60]);
  });
});
