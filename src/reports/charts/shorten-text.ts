import { measureTextWidth } from './text-width.js';

/**
 * The text where it fits, else its start and its end around an ellipsis: names that differ often differ at their end.
 * Vega can cut a label but leaves the room of the whole text.
 */
export function shortenText(
  text: string,
  { pixels, fontSize }: { pixels: number; fontSize: number },
): string {
  const characters = [...text];
  const cut = (kept: number) =>
    `${characters.slice(0, Math.ceil(kept / 2)).join('')}…${characters.slice(characters.length - Math.floor(kept / 2)).join('')}`;
  if (measureTextWidth({ fontSize }, text) <= pixels) return text;
  let kept = characters.length - 1;
  while (kept > 1 && measureTextWidth({ fontSize }, cut(kept)) > pixels) kept -= 1;
  return cut(kept);
}

/**
 * Shortened texts, each made unlike all before it with a number: charts place rows and columns by their label, and equal
 * ones would lie on top of each other.
 */
export function distinctLabels(
  texts: readonly string[],
  limits: { pixels: number; fontSize: number },
): string[] {
  const taken = new Set<string>();
  return texts.map((text) => {
    const wanted = shortenText(text, limits);
    let label = wanted;
    for (let number = 2; taken.has(label); number += 1) label = `${wanted} #${number}`;
    taken.add(label);
    return label;
  });
}
