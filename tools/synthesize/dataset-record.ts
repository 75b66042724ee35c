import { type Split, type SyntheticClass } from './picture-plan.js';

export type ClassCounts = Record<SyntheticClass, number>;

/** One picture in dataset.json: enough to make it again. */
export interface PictureRecord {
  /** Path below the data set's folder, with forward slashes. */
  file: string;
  split: Split;
  label: SyntheticClass;
  /** Number of the picture in the set; with the set's seed it decides every pixel. */
  index: number;
  /** Style of the gel or family of the other thing. */
  subject: string;
  polarity: 'LIGHT_ON_DARK' | 'DARK_ON_LIGHT';
  width: number;
  height: number;
  format: string;
  channels: number;
  bitDepth: number;
  tint: string;
  isAnnotated: boolean;
  /** Over the pixels before encoding: the same on every machine. */
  pixelSha256: string;
  /** Over the file's bytes: depends on the version of the encoder. */
  sha256: string;
  sizeBytes: number;
  quality?: number;
  levels?: number;
}

export interface DatasetRecord {
  source: 'synthetic';
  generatorVersion: number;
  seed: number;
  train: ClassCounts;
  test: ClassCounts;
  pictures: PictureRecord[];
}
