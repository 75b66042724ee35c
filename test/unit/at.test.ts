import { at } from '../../src/at.js';

test('at gives the element, of lists and of typed arrays', () => {
  expect(at(['a', 'b'], 1)).toBe('b');
  expect(at(Float32Array.of(0, 0.5), 0)).toBe(0);
});

test.each([-1, 2, 0.5, NaN])('at refuses the index %s', (index) => {
  expect(() => at(['a', 'b'], index)).toThrow(new RangeError(`index ${index} of a list of 2`));
});
