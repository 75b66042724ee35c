import type { PictureRelation } from '../../words/picture-relation.js';
import { MINIATURE_SIDE } from './miniature.js';

export const SAME: PictureRelation = { isMirrored: false, turnedDegrees: 0, isInverted: false };

/** All sixteen; SAME comes first. */
export const PICTURE_RELATIONS: readonly PictureRelation[] = [false, true].flatMap((isInverted) =>
  [false, true].flatMap((isMirrored) =>
    ([0, 90, 180, 270] as const).map((turnedDegrees) => ({ isMirrored, turnedDegrees, isInverted })),
  ),
);

/** The way back: a mirrored picture turns back by turning on, because mirrors reverse turns. */
export function invertRelation({ isMirrored, turnedDegrees, isInverted }: PictureRelation): PictureRelation {
  if (isMirrored || turnedDegrees === 0 || turnedDegrees === 180) {
    return { isMirrored, turnedDegrees, isInverted };
  }
  return { isMirrored, turnedDegrees: turnedDegrees === 90 ? 270 : 90, isInverted };
}

/** @param miniature [64 * 64], as is what it returns */
export function relateMiniature(
  miniature: Uint8Array,
  { isMirrored, turnedDegrees, isInverted }: PictureRelation,
): Uint8Array {
  const last = MINIATURE_SIDE - 1;
  const sourceOf = {
    0: (x: number, y: number) => ({ x, y }),
    90: (x: number, y: number) => ({ x: y, y: last - x }),
    180: (x: number, y: number) => ({ x: last - x, y: last - y }),
    270: (x: number, y: number) => ({ x: last - y, y: x }),
  }[turnedDegrees];
  return miniature.map((_, index) => {
    const { x, y } = sourceOf(index % MINIATURE_SIDE, Math.floor(index / MINIATURE_SIDE));
    const value = miniature[y * MINIATURE_SIDE + (isMirrored ? last - x : x)]!;
    return isInverted ? 255 - value : value;
  });
}
