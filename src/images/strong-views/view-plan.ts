import type { Random } from '../random.js';

/** Part of the key of cached features: views of another version are other pictures. */
export const STRONG_VERSION = 'strong-v1';

/** How one panel of a view is made from the picture. All integers, so that it is the same on every machine. */
export interface PanelPlan {
  /** Sides of the crop in 1/1024 of the picture's, 512..1024, and its place among those that there is room for. */
  cropWidth: number;
  cropHeight: number;
  cropX: number;
  cropY: number;
  /** Quarters clockwise. */
  quarterTurns: 0 | 1 | 2 | 3;
  isFlipped: boolean;
  /** Tenths of a degree, -100..100. */
  rotation: number;
  isInverted: boolean;
  /** Exponent in 64ths, 32..128 (0.5..2). */
  gamma: number;
  /** Slope around mid grey in 1/1024, 614..1638 (0.6..1.6). */
  contrast: number;
}

export const MARKS = ['box', 'arrow', 'lane-numbers', 'caption', 'frame'] as const;
export type Mark = (typeof MARKS)[number];

/** How one view is made. */
export interface StrongPlan {
  /** Two stand side by side or one above the other, as in a figure. */
  panels: [PanelPlan] | [PanelPlan, PanelPlan];
  isStacked: boolean;
  /** Pixels around the panels: left, top, right, bottom. */
  margins: [number, number, number, number];
  /** Grey of the margins. */
  paper: number;
  marks: Mark[];
  /** Largest sum of four even draws that is added to a pixel, 0..24. */
  noise: number;
  /** Quality of a JPEG that the view has been, 20..90; null leaves it as it is. */
  jpegQuality: number | null;
}

const MARK_CHANCES: Readonly<Record<Mark, number>> = {
  box: 20,
  arrow: 20,
  'lane-numbers': 25,
  caption: 20,
  frame: 20,
};

/** The order of the draws is part of the version. */
export function planStrongView(random: Random): StrongPlan {
  const isDouble = random.below(100) < 20;
  const first = planPanel(random);
  return {
    panels: isDouble ? [first, planPanel(random)] : [first],
    isStacked: random.below(2) === 1,
    margins: planMargins(random),
    paper: random.below(100) < 75 ? 255 - random.below(24) : random.below(24),
    marks: MARKS.filter((mark) => random.below(100) < MARK_CHANCES[mark]),
    noise: random.below(100) < 50 ? random.between(2, 24) : 0,
    jpegQuality: random.below(100) < 50 ? random.between(20, 90) : null,
  };
}

function planPanel(random: Random): PanelPlan {
  const cropWidth = random.between(512, 1024);
  // The sides differ by a factor of 4/3 at most.
  const cropHeight = Math.min(
    1024,
    Math.max(512, Math.floor((cropWidth * random.between(768, 1365)) / 1024)),
  );
  return {
    cropWidth,
    cropHeight,
    cropX: random.between(0, 1024 - cropWidth),
    cropY: random.between(0, 1024 - cropHeight),
    quarterTurns: random.below(100) < 70 ? 0 : ((1 + random.below(3)) as 1 | 2 | 3),
    isFlipped: random.below(2) === 1,
    rotation: random.below(2) === 1 ? random.between(-100, 100) : 0,
    isInverted: random.below(100) < 40,
    gamma: random.between(32, 128),
    contrast: random.between(614, 1638),
  };
}

function planMargins(random: Random): [number, number, number, number] {
  if (random.below(100) < 55) return [0, 0, 0, 0];
  const side = () => random.between(0, 36);
  return [side(), side(), side(), side()];
}
