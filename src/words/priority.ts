/** Who waits for an answer: a person at a screen, or a program with many pictures. */
export const PRIORITIES = ['INTERACTIVE', 'BULK'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Shares of a machine that both keep busy: bulk work gets a tenth, so it slows nobody down and never stands still. */
export const PRIORITY_WEIGHTS: Record<Priority, number> = { INTERACTIVE: 9, BULK: 1 };
