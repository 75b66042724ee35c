import { RECEIPT_PROBLEMS } from '../../receipts/verify-receipts.js';
import { PRIORITIES } from '../../words/priority.js';
import { DEVICE_CHOICES, DEVICES, ENGINE_NAMES } from '../../words/device.js';
import { DECISION_REASONS, DECISIONS, SEEN_KINDS } from '../../words/answer.js';
import { MODEL_EVENT_KINDS, MODEL_ORIGINS, PROBE_KINDS, RESULT_KINDS } from '../../words/model.js';
import { ERRORS, type ErrorCode } from '../../errors.js';
import { CALIBRATION_SOURCES, EVALUATION_WARNINGS } from '../../words/evaluation.js';
import { METRICS } from '../../evaluation/metric.js';
import { PICTURE_FORMATS, PICTURE_WARNINGS, POLARITIES, RASTER_RECIPES } from '../../words/picture.js';
import { WARNING_MESSAGES } from '../../images/facts/warning-messages.js';
import { ARCHITECTURES, HEADS } from '../../words/architecture.js';
import { DECISION_RULES } from '../../comparison/choose-best-model.js';
import {
  AUGMENTATIONS,
  CLASS_WEIGHTS,
  OPTIMIZERS,
  SCHEDULES,
  TRAINABLES,
  TRAINING_DEFAULTS,
} from '../../words/training-settings.js';
import { STOP_REASONS } from '../../words/training-rules.js';
import { RUN_EVENT_KINDS } from '../../words/run-event.js';
import { RUN_STAGES, RUN_STATES } from '../../words/run-state.js';
import { CHART_THEMES } from '../../reports/charts.js';
import { PLOT_KINDS } from '../../reports/plots/plot.js';
import { SWEEP_STATES } from '../../sweeps/sweep-state.js';
import type { Builder } from '../builder.js';

/** GraphQL spells enum values in capitals with underscores; the rest of the program keeps its own spelling. */
function valuesOf<T extends string>(
  values: readonly T[],
  descriptions: Record<T, string>,
): Record<string, { value: T; description: string }> {
  return Object.fromEntries(
    values.map((value) => [
      value.toUpperCase().replaceAll('-', '_'),
      { value, description: descriptions[value] },
    ]),
  );
}

const errorCodes = Object.keys(ERRORS) as ErrorCode[];
const errorAdvice = Object.fromEntries(errorCodes.map((code) => [code, ERRORS[code].advice]));

export function defineEnums(builder: Builder) {
  return {
    Architecture: builder.enumType('Backbone', {
      description: 'The network that turns a picture into features, as its publisher defines it.',
      values: valuesOf(ARCHITECTURES, {
        resnet18: 'ResNet18: 512 features; the default.',
        vgg16: 'VGG16: 4096 features; its weights are fetched with `gelql weights pull`.',
        mobilenet_v3_large: 'MobileNetV3-Large: 1280 features; the fast one.',
        efficientnet_lite0:
          'EfficientNet-Lite0: 1280 features; its weights are fetched with `gelql weights pull`.',
      }),
    }),
    Head: builder.enumType('Head', {
      description: 'The trained classifier on top of the D features of a backbone, for C classes.',
      values: valuesOf(HEADS, {
        SINGLE: 'Linear(D, C).',
        MULTI: 'Linear(D, 512) ReLU Dropout .25, Linear(512, 256) ReLU Dropout .5, Linear(256, C).',
      }),
    }),
    Optimizer: builder.enumType('Optimizer', {
      description: 'How the head is trained, as PyTorch defines it.',
      values: valuesOf(OPTIMIZERS, {
        ADAM: 'Adam with betas .9 and .999, epsilon 1e-8.',
        SGD: 'Stochastic gradient descent with momentum .9.',
      }),
    }),
    ClassWeights: builder.enumType('ClassWeights', {
      description: 'How much a picture of each class counts in the loss.',
      values: valuesOf(CLASS_WEIGHTS, {
        NONE: 'All alike.',
        BALANCED: 'n / (C n_c), for n pictures, C classes and n_c pictures of the class.',
        AUTO: 'BALANCED where the largest class has at least 1.5 times the pictures of the smallest, else NONE.',
      }),
    }),
    TrainingDefaults: builder.enumType('TrainingDefaults', {
      description: 'Where the values of settings that are not asked for come from.',
      values: valuesOf(TRAINING_DEFAULTS, {
        PUBLISHED: 'From the published experiment.',
        RECOMMENDED:
          'For pictures of your own: a head takes at least 400 steps or stops when its validation loss does not fall any more, small classes count more, and four views are made of each training picture.',
      }),
    }),
    Augmentation: builder.enumType('Augmentation', {
      description: 'How the views of a training picture differ from it.',
      values: valuesOf(AUGMENTATIONS, {
        LIGHT: 'Cut, turned by up to 7 degrees, flipped, inverted, with another gamma and contrast.',
        STRONG:
          'Besides that turned by quarters, with margins, frames, boxes, arrows, lane numbers and captions, beside a second panel, noisy, compressed.',
      }),
    }),
    Schedule: builder.enumType('Schedule', {
      description: 'How the learning rates move over the steps behind the warm-up.',
      values: valuesOf(SCHEDULES, {
        CONSTANT: 'They stay.',
        COSINE: 'They fall along half a cosine, to almost 0 at the last step.',
      }),
    }),
    StopReason: builder.enumType('StopReason', {
      description: 'Why a training ended.',
      values: valuesOf(STOP_REASONS, {
        ALL_EPOCHS: 'It had trained all epochs.',
        NO_IMPROVEMENT: 'The validation loss had not fallen for as many epochs as the patience.',
      }),
    }),
    PlotKind: builder.enumType('PlotKind', {
      description: 'What a plot shows.',
      values: valuesOf(PLOT_KINDS, {
        'confusion-matrix': 'Counts of actual by predicted class.',
        roc: 'True over false positive rate, with a band from resamples.',
        'precision-recall': 'Precision over recall.',
        calibration: 'How often answers are right against how probable the model called them.',
        gallery: 'Test pictures with actual and predicted class, wrong ones first.',
        'loss-and-accuracy': 'Loss and accuracy by epoch.',
        accuracy: 'Accuracy by model, with intervals.',
        'heat-map': 'Metrics by model.',
        'training-time': 'Training time by backbone, device and what was trained.',
      }),
    }),
    ChartTheme: builder.enumType('ChartTheme', {
      description: 'Colours of a drawing.',
      values: valuesOf(CHART_THEMES, { light: 'Dark on white.', dark: 'Light on near black.' }),
    }),
    DeviceKind: builder.enumType('DeviceKind', {
      description: 'What is computed on.',
      values: valuesOf(DEVICES, {
        CPU: 'The processor.',
        GPU: 'A graphics card. gelql never falls back to the CPU.',
      }),
    }),
    DeviceChoice: builder.enumType('DeviceChoice', {
      description: 'The device to compute on.',
      values: valuesOf(DEVICE_CHOICES, {
        AUTO: 'The device that computes the backbone fastest on this machine, as measured.',
        CPU: 'The processor.',
        GPU: 'A graphics card. Without one the request fails with DEVICE_UNAVAILABLE; gelql never falls back to the CPU.',
      }),
    }),
    Priority: builder.enumType('Priority', {
      description:
        'Whether somebody waits for the answer. Both kinds share the device; INTERACTIVE gets 90 % of it under contention.',
      values: valuesOf(PRIORITIES, {
        INTERACTIVE: 'A person at a screen.',
        BULK: 'A program with many pictures: it uses what is left, and at least a tenth.',
      }),
    }),
    Engine: builder.enumType('Engine', {
      description: 'The library that computes the backbone and, where it can, trains the head.',
      values: valuesOf(ENGINE_NAMES, {
        tensorflow: 'TensorFlow.js on native TensorFlow; installed by `gelql setup tensorflow`.',
        onnxruntime: 'ONNX Runtime; computes backbones, trains nothing.',
        wasm: 'TensorFlow.js on WebAssembly; works everywhere.',
        tensorflow_gpu:
          "Native TensorFlow with CUDA on NVIDIA's graphics cards; computes backbones and trains heads.",
        onnxruntime_cuda:
          "ONNX Runtime with CUDA on NVIDIA's graphics cards; computes backbones, trains nothing.",
        webgpu: 'TensorFlow.js on a graphics card, through Vulkan, Metal or Direct3D 12.',
        onnxruntime_webgpu: 'ONNX Runtime on a graphics card; computes backbones, trains nothing.',
      }),
    }),
    Recipe: builder.enumType('Recipe', {
      description: "The way from the file's pixels to the 224 x 224 grey network input.",
      values: valuesOf(RASTER_RECIPES, {
        'gel-v1': 'Alpha on white, contrast stretched from the 0.1 to the 99.9 percentile; the default.',
        'reference-v1': 'As in the published experiment: no stretch.',
      }),
    }),
    ModelOrigin: builder.enumType('ModelOrigin', {
      description: 'Where a model comes from.',
      values: valuesOf(MODEL_ORIGINS, {
        TRAINED: 'A training run of this database made it.',
        SHIPPED: 'It came with the program.',
        IMPORTED: 'It came in a folder that another gelql wrote.',
      }),
    }),
    ModelEventKind: builder.enumType('ModelEventKind', {
      description: 'What can happen to a registered model.',
      values: valuesOf(MODEL_EVENT_KINDS, {
        ARCHIVED: 'Taken out of service.',
        RESTORED: 'Put back into service.',
      }),
    }),
    ProbeKind: builder.enumType('ProbeKind', {
      description: 'What a model had to answer as before.',
      values: valuesOf(PROBE_KINDS, {
        GOLDEN: 'Its golden pictures, logit by logit.',
        FINITE: 'It has no golden pictures; it was loaded, verified, and answers with finite numbers.',
      }),
    }),
    ResultKind: builder.enumType('ResultKind', {
      description: 'How the test pictures were kept out of the training.',
      values: valuesOf(RESULT_KINDS, {
        HOLDOUT: "The model's own head on held-out pictures.",
        CROSS_VALIDATION:
          'Pooled answers of heads trained in the same way, each on the fold outside its training.',
      }),
    }),
    CalibrationSource: builder.enumType('CalibrationSource', {
      description: 'Pictures that a temperature was fitted on.',
      values: valuesOf(CALIBRATION_SOURCES, {
        VALIDATION: "The run's validation share.",
        OUT_OF_FOLD: 'All pictures outside the test, each by the heads of the folds that did not see it.',
      }),
    }),
    EvaluationWarningCode: builder.enumType('EvaluationWarningCode', {
      description: 'The closed list of warnings about an evaluation.',
      values: valuesOf(EVALUATION_WARNINGS, {
        NOT_EVALUABLE: 'A class has fewer than 10 independent groups of test pictures.',
        WIDE_INTERVALS: 'A class has fewer than 30 independent groups of test pictures.',
        NO_CALIBRATION_ERROR: 'With fewer than 200 test pictures the calibration error is left out.',
        STILL_IMPROVING: 'The loss was still falling when the training ended: train longer.',
      }),
    }),
    Metric: builder.enumType('Metric', {
      description: 'What models are ranked by.',
      values: valuesOf(METRICS, {
        ACCURACY: 'Share of the test pictures that are right; exact McNemar test.',
        BALANCED_ACCURACY: 'Mean recall of the classes; paired randomisation test.',
        F1: 'Weighted by the support of the classes; paired randomisation test.',
        ROC_AUC: 'Area under the ROC curve; DeLong test.',
        LOG_LOSS: 'Mean cross-entropy, lower is better; paired randomisation test.',
        BRIER: 'Mean squared error of the probabilities, lower is better; paired randomisation test.',
      }),
    }),
    DecisionRule: builder.enumType('DecisionRule', {
      description:
        'The rule that decided on the best model. The tie-breakers apply in the order CALIBRATION, LATENCY, SIZE, AGE.',
      values: valuesOf(DECISION_RULES, {
        ONLY_MODEL: 'There is no other model to compare with.',
        METRIC: 'It is shown to be better than every other model.',
        CALIBRATION: 'Of those tied, it has the lowest log loss, by more than its noise.',
        LATENCY: 'Of those tied, it answers fastest, by more than the noise of the measurement.',
        SIZE: 'Of those tied, it has the fewest parameters in backbone and head.',
        AGE: 'Of those tied, it is the oldest.',
        LOWER_BOUND:
          'Its accuracy interval has the highest lower bound; those whose intervals overlap were not tested on the same pictures, or what they answered is not known.',
      }),
    }),
    RunState: builder.enumType('RunState', {
      description: 'QUEUED -> RUNNING -> SUCCEEDED, FAILED or CANCELLED.',
      values: valuesOf(RUN_STATES, {
        QUEUED: 'Waits for a worker; also again after its worker died.',
        RUNNING: 'A worker is training it.',
        SUCCEEDED: 'Its model is registered.',
        FAILED: 'Ended with an error.',
        CANCELLED: 'Cancelled by a user.',
      }),
    }),
    Trainable: builder.enumType('Trainable', {
      description: 'What a run trains.',
      values: valuesOf(TRAINABLES, {
        HEAD: 'A head, on the features of a frozen backbone: seconds.',
        STEM_AND_HEAD:
          'The published procedure: a new first convolution for one plane and the head, under a frozen network with BatchNorm by the batch.',
        LAST_STAGE: 'The head and the last stage of the backbone; BatchNorm frozen.',
        ALL: 'Everything; BatchNorm frozen.',
      }),
    }),
    RunStage: builder.enumType('RunStage', {
      description: 'What a running run does.',
      values: valuesOf(RUN_STAGES, {
        WAITING: 'Nothing yet.',
        DECODING: 'Pictures become network inputs.',
        EXTRACTING_FEATURES: 'The backbone sees every picture, or its features are found in the cache.',
        TRAINING_HEAD: 'Epoch by epoch.',
        TRAINING_NETWORK: 'Head and backbone, batch by batch, before the features are computed.',
        EVALUATING: 'The test pictures are scored.',
        DONE: 'The model is registered.',
      }),
    }),
    RunEventKind: builder.enumType('RunEventKind', {
      description: 'What a training event is about.',
      values: valuesOf(RUN_EVENT_KINDS, {
        STATE: 'The run has entered a state.',
        PROGRESS: 'A part of a stage is done.',
        EPOCH: 'An epoch is done.',
      }),
    }),
    SweepState: builder.enumType('SweepState', {
      description: 'QUEUED -> RUNNING -> SUCCEEDED, INCOMPLETE or CANCELLED; or REFUSED from the start.',
      values: valuesOf(SWEEP_STATES, {
        QUEUED: 'No part has begun.',
        RUNNING: 'Parts run or wait.',
        SUCCEEDED: 'Every part has its model.',
        INCOMPLETE: 'It has ended, but parts failed or were refused.',
        CANCELLED: 'It has ended, because somebody stopped parts of it.',
        REFUSED: 'No part can be run.',
      }),
    }),
    Decision: builder.enumType('Decision', {
      description: 'How far an answer can be relied on.',
      values: valuesOf(DECISIONS, {
        CLASSIFIED: 'The label is the answer.',
        UNDECIDED: 'The probability is too low; a person should look.',
        OUT_OF_DISTRIBUTION:
          'The picture resembles no training picture of the model, so its probability means nothing.',
      }),
    }),
    DecisionReason: builder.enumType('DecisionReason', {
      description: 'Why gelql made a decision, or what the decision lacked.',
      values: valuesOf(DECISION_REASONS, {
        FAR_FROM_TRAINING:
          'For every class, the picture lies farther from the training pictures than 95 % of them from each other.',
        LOW_PROBABILITY: 'The probability of the label is below the threshold.',
        NOT_CALIBRATED: 'No calibration is applied to the probabilities of the model.',
        NO_TRAINING_FEATURES: 'The model has no training features; the probability alone decided.',
        FEW_TRAINING_PICTURES:
          'A class has too few independent training pictures to detect foreign pictures; the probability alone decided.',
      }),
    }),
    SeenKind: builder.enumType('SeenKind', {
      description: 'How gelql recognised a training picture.',
      values: valuesOf(SEEN_KINDS, {
        SAME_FILE: 'The same bytes.',
        SAME_PIXELS: 'The same grey values in another file.',
        NEAR_DUPLICATE: 'The same but for exposure, size, compression, mirroring, turning or inversion.',
      }),
    }),
    ReceiptProblemKind: builder.enumType('ReceiptProblemKind', {
      description: 'What is wrong with a stored record.',
      values: valuesOf(RECEIPT_PROBLEMS, {
        ALTERED: 'It is not what its hash was made of.',
        REMOVED: 'It is gone.',
        INSERTED: 'It came in past the chain.',
        REWRITTEN: 'The chain agrees with itself but not with the head that was noted.',
      }),
    }),
    PictureFormat: builder.enumType('PictureFormat', {
      description: 'Told from the first bytes, never from the name.',
      values: valuesOf(PICTURE_FORMATS, {
        jpeg: 'JPEG.',
        png: 'PNG.',
        tiff: 'TIFF: 8 and 16 bits, float, several pages.',
        webp: 'WebP.',
        gif: 'GIF.',
        bmp: 'BMP: 1 to 32 bits per pixel.',
      }),
    }),
    PictureWarningCode: builder.enumType('PictureWarningCode', {
      description: 'The closed list of warnings.',
      values: valuesOf(PICTURE_WARNINGS, WARNING_MESSAGES),
    }),
    Polarity: builder.enumType('Polarity', {
      description: 'Whether bands are lighter or darker than the background.',
      values: valuesOf(POLARITIES, {
        LIGHT_ON_DARK: 'Light bands, as fluorescence is photographed.',
        DARK_ON_LIGHT: 'Dark bands, as after an inversion or a stain in daylight.',
        UNCERTAIN: 'The grey values do not say.',
      }),
    }),
    ErrorCode: builder.enumType('ErrorCode', {
      description:
        'The closed list of error codes: `extensions.code` of every GraphQL error, and `error.code` of a failed run.',
      values: valuesOf(errorCodes, errorAdvice as Record<ErrorCode, string>),
    }),
    OrderDirection: builder.enumType('OrderDirection', {
      description: 'Absent values come last both ways.',
      values: {
        ASC: { value: 'asc', description: 'Smallest first.' },
        DESC: { value: 'desc', description: 'Largest first.' },
      } as const,
    }),
  };
}

export type Enums = ReturnType<typeof defineEnums>;
