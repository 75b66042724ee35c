import type { Compute } from '../compute/protocol.js';
import type { Config } from '../config.js';
import type { Database } from '../db/client.js';
import type { Logger } from '../logger.js';
import type { BackboneTimes } from './backbone-times.js';
import type { CheckpointBytes } from '../runs/checkpoints/checkpoint-bytes.js';
import type { FeatureCache } from '../features/feature-cache.js';
import type { TrainingRunRow } from '../runs/training-runs.js';
import type { RunReporter } from './run-reporter.js';

/** What training a model needs. */
export interface TrainingServices {
  config: Config;
  database: Database;
  compute: Compute;
  featureCache: FeatureCache;
  checkpoints: CheckpointBytes;
  backboneTimes: BackboneTimes;
  logger: Logger;
}

/** One attempt of one run, made once and handed to every step. */
export interface TrainingJob extends TrainingServices {
  run: TrainingRunRow;
  /** Aborted when the run is cancelled or lost, when its progress cannot be stored, and when this process stops. */
  signal: AbortSignal;
  reporter: RunReporter;
}
