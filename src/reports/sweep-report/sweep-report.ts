import type { ClassCount, DatasetRow } from '../../datasets/datasets.js';
import type { ModelRow } from '../../registry/models.js';
import type { ResultRow, TestScoreRow } from '../../registry/results.js';
import type { SweepPartRow, SweepRow } from '../../sweeps/sweeps.js';
import type { EpochRow, TrainingRunRow } from '../../runs/training-runs.js';
import type { ThumbnailMap } from '../thumbnails.js';
import type { HardPicture } from './hard-pictures.js';

/** A result with what was said of each of its test pictures; empty where that was not read. */
export interface ScoredResult {
  result: ResultRow;
  scores: TestScoreRow[];
}

/** One configuration of a sweep with all that came of it; what is not there (yet) is null or empty. */
export interface ReportedPart {
  part: SweepPartRow;
  run: TrainingRunRow | null;
  epochs: EpochRow[];
  model: ModelRow | null;
  /** Result of the model's own head on held-out pictures. */
  holdout: ScoredResult | null;
  crossValidation: ScoredResult | null;
}

/** A part with a model that was tested. */
export interface TrainedPart extends ReportedPart {
  run: TrainingRunRow;
  model: ModelRow;
  holdout: ScoredResult;
}

/** Everything that a report of a sweep is made from. */
export interface SweepReport {
  sweep: SweepRow;
  dataset: DatasetRow;
  classes: ClassCount[];
  /** By number. */
  parts: ReportedPart[];
  /** Test pictures of all parts, the hardest first. */
  pictures: HardPicture[];
  /** Thumbnails of the first of them, as many as a report shows. */
  thumbnails: ThumbnailMap;
  /** Digests of the code that the models follow from, of the workers that trained them. */
  runCodeVersions: string[];
  /** The same of the code that runs now. */
  codeVersion: string;
}
