/**
 * An element that must be there: an index beyond the list is a defect, and going on with an invented value would hide it.
 * Inner loops over pixels and weights read their typed arrays directly instead; a call for each element is too slow there.
 * @throws RangeError with the index and the length
 */
export function at<Element>(list: ArrayLike<Element>, index: number): Element {
  const element = list[index];
  if (element === undefined) throw new RangeError(`index ${index} of a list of ${list.length}`);
  return element;
}
