import type { Compute } from '../compute/protocol.js';
import type { Config } from '../config.js';
import type { Database } from '../db/client.js';
import type { Logger } from '../logger.js';
import type { BackboneTimes } from './backbone-times.js';
import type { CheckpointBytes } from '../runs/checkpoint-bytes.js';
import type { FeatureCache } from '../features/feature-cache.js';

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
