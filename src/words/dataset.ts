export const SUBSETS = ['TRAIN', 'TEST', 'UNSPLIT'] as const;
/** `TRAIN` and `TEST` where the folder has train/ and test/; `UNSPLIT` where the split is drawn from the run's split seed. */
export type Subset = (typeof SUBSETS)[number];
