import type { EngineName } from '../words/device.js';
import type { Compute } from '../compute/protocol.js';
import type { Config } from '../config.js';
import type { Database } from '../db/client.js';
import {
  findDataset,
  listDatasetPictures,
  type DatasetPictureRow,
  type DatasetRow,
} from '../datasets/datasets.js';
import { GelqlError } from '../errors.js';
import { splitPictures, type PictureSplit } from '../evaluation/splits.js';
import type { BackboneRecord } from '../words/architecture.js';
import { findBackbone } from '../networks/weights/backbones.js';
import { trainsBackbone, type TrainingConfiguration } from '../words/training-configuration.js';
import { planFolds, type FoldPlan } from './folds/plan-folds.js';
import type { TrainingRunRow } from '../runs/training-runs.js';

/** Everything about a run that is settled before the first picture is decoded. */
export interface TrainingPlan {
  configuration: TrainingConfiguration;
  dataset: DatasetRow;
  images: DatasetPictureRow[];
  split: DatasetSplit;
  backbone: BackboneRecord;
  /** Views per fitted picture that features are computed of: one where the pictures themselves were trained on. */
  featureViews: number;
  /** Computes the features. */
  featureEngine: EngineName;
  featureEngineVersion: string;
  /** Trains the head, and the backbone where that is asked for. */
  trainingEngine: EngineName;
  pictureAt: (index: number) => { sha256: string; rasterSha256: string };
  labelAt: (index: number) => number;
}

/** @throws GelqlError NOT_FOUND, WEIGHTS_MISSING, DEVICE_UNAVAILABLE, DATASET_TOO_SMALL */
export async function planTraining(
  services: { config: Config; database: Database; compute: Compute },
  run: Pick<TrainingRunRow, 'datasetId' | 'configuration'>,
): Promise<TrainingPlan> {
  const { config, database, compute } = services;
  const { configuration } = run;
  const dataset = await findDataset(database, run.datasetId);
  if (dataset === null) throw new GelqlError('NOT_FOUND', `There is no data set "${run.datasetId}".`);
  const images = await listDatasetPictures(database, dataset.id);
  const split = splitDataset(images, configuration, dataset.classes);
  const backbone = await findBackbone(configuration.backboneId, config);
  const trainingEngine = await compute.chooseTrainingEngine(configuration.device, {
    inside: trainsBackbone(configuration),
  });
  const featureEngine = await compute.chooseEngine(configuration.device, backbone);
  const reports = await compute.engines();
  const at = (index: number): DatasetPictureRow => {
    const image = images[index];
    if (image === undefined) throw new RangeError(`picture ${index} of ${images.length}`);
    return image;
  };
  return {
    configuration,
    dataset,
    images,
    split,
    backbone,
    featureViews: trainsBackbone(configuration) ? 1 : configuration.augmentationViews,
    featureEngine,
    featureEngineVersion: reports.find(({ engine }) => engine === featureEngine)?.version ?? '',
    trainingEngine,
    pictureAt: (index) => ({ sha256: at(index).sha256, rasterSha256: at(index).facts.rasterSha256 }),
    labelAt: (index) => at(index).label,
  };
}

/** How a run uses each picture. */
export interface DatasetSplit extends PictureSplit {
  /** Train, then validation: whatever is not kept for the test. */
  fitted: number[];
  /** Null where no cross-validation is asked for. */
  folds: FoldPlan | null;
}

/**
 * What a run of `configuration` would train on and test with; the same for the same pictures and split seed.
 * @param classes names in the order of the labels
 * @throws GelqlError DATASET_TOO_SMALL
 */
export function splitDataset(
  images: readonly DatasetPictureRow[],
  configuration: TrainingConfiguration,
  classes: readonly string[],
): DatasetSplit {
  const { testFraction, validationFraction, splitSeed } = configuration;
  const split = splitPictures({
    labels: images.map(({ label }) => label),
    classes,
    groups: images.map(({ groupKey }) => groupKey),
    subsets: images.map(({ subset }) => subset),
    testFraction,
    validationFraction,
    seed: splitSeed,
  });
  if (split.test.length === 0 && configuration.folds === null) {
    throw new GelqlError(
      'DATASET_TOO_SMALL',
      'No picture is left for the test: raise the test fraction above 0, or cross-validate with folds.',
    );
  }
  const fitted = [...split.train, ...split.validation];
  return { ...split, fitted, folds: planFolds(images, fitted, classes, configuration) };
}
