import { type Plane } from './plane.js';

/** Where labels make sense on a scene; both classes have them, so that labels do not give the class away. */
export interface LabelAnchors {
  /** Middles of the columns (lanes), pixels from the left. */
  columns: number[];
  /** The labels of the columns end above this line. */
  columnsTop: number;
  /** Marks at the side (sizes), pixels from the top, with their text. */
  rows: { y: number; text: string }[];
  /** Text that fits the picture: a few words for titles. */
  words: readonly string[];
}

/** What lies before the camera, before light, lens, sensor and display. */
export interface Scene {
  /** Light from each point in arbitrary units; a picture whose `isLightOnDark` is false shows dark things on light. */
  plane: Plane;
  isLightOnDark: boolean;
  anchors: LabelAnchors;
}
