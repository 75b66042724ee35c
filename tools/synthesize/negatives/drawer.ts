import { type Plane } from '../plane.js';
import { type RandomDraws } from '../random-draws.js';

/**
 * Draws one thing that is not a gel on an empty plane: 0 is black, about 1 is white.
 * @returns whether light things stand on a dark ground
 */
export type Drawer = (random: RandomDraws, plane: Plane) => boolean;

/** Paints the whole plane. */
export function paintGround(plane: Plane, value: number): void {
  plane.values.fill(value);
}
