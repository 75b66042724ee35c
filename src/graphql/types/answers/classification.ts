import { pageClassifications, type ClassificationRow } from '../../../receipts/classifications.js';
import type { Classification } from '../../../classification/answer-picture.js';
import { areStored } from '../../../db/artifacts.js';
import type { ClassScore, StoredExplanation, StoredTiming } from '../../../words/answer.js';
import type { PictureFacts, PictureWarning } from '../../../words/picture.js';
import { WARNING_MESSAGES } from '../../../images/facts/warning-messages.js';
import type { Builder } from '../../builder.js';
import { connectionNames, connectionOf } from '../../connection.js';
import { explanationAddress } from '../../http/explanations.js';
import type { Nodes } from '../../nodes.js';
import { defineDecision } from './decision.js';
import type { Enums } from '../enums.js';
import type { ReceiptRef } from './receipt.js';

function definePicture(builder: Builder, enums: Enums) {
  return builder.objectRef<PictureFacts>('Picture').implement({
    description: 'The facts of a picture file.',
    fields: (t) => ({
      format: t.expose('format', { type: enums.PictureFormat, description: 'Of the file.' }),
      sizeBytes: t.exposeInt('sizeBytes', { description: 'Bytes of the file.' }),
      sha256: t.exposeString('sha256', { description: 'Of the bytes that were sent.' }),
      rasterSha256: t.exposeString('rasterSha256', { description: 'Of the canonical grey raster.' }),
      width: t.exposeInt('width', { description: 'Pixels, after the orientation was applied.' }),
      height: t.exposeInt('height', { description: 'Pixels, after the orientation was applied.' }),
      pageCount: t.exposeInt('pageCount', { description: 'Pages of the file; 1 but for TIFF.' }),
      page: t.exposeInt('page', { description: 'The page that was used, from 0.' }),
      bitDepth: t.exposeInt('bitDepth', { description: 'Bits per sample: 1, 2, 4, 8, 16 or 32.' }),
      channels: t.exposeInt('channels', { description: 'Samples per pixel of the file, alpha included.' }),
      orientation: t.exposeInt('orientation', { description: 'EXIF orientation of the file, 1 to 8.' }),
      saturatedFraction: t.exposeFloat('saturatedFraction', {
        description: 'Share of pixels at the ceiling of their range, 0 to 1.',
      }),
      meanGrey: t.exposeFloat('meanGrey', { description: 'Mean of the grey raster, scaled to 0 to 255.' }),
      polarityGuess: t.expose('polarityGuess', {
        type: enums.Polarity,
        description: 'A guess from the grey values.',
      }),
    }),
  });
}

function defineTiming(builder: Builder, enums: Enums) {
  return builder.objectRef<StoredTiming>('Timing').implement({
    description: 'Time spent in each step of one answer.',
    fields: (t) => ({
      decodeMs: t.exposeFloat('decodeMs', {
        description: 'Milliseconds from the bytes to the network input.',
      }),
      queueMs: t.exposeFloat('queueMs', { description: 'Milliseconds of waiting for the engine.' }),
      inferMs: t.exposeFloat('inferMs', { description: 'Milliseconds of the whole batch in the engine.' }),
      batchSize: t.exposeInt('batchSize', { description: 'Pictures that shared the batch.' }),
      engine: t.expose('engine', { type: enums.Engine, description: 'What computed the features.' }),
      device: t.expose('device', { type: enums.DeviceKind, description: 'What it computed on.' }),
    }),
  });
}

function defineExplanation(builder: Builder) {
  return builder
    .objectRef<{ row: ClassificationRow; explanation: StoredExplanation }>('Explanation')
    .implement({
      description:
        'Class activation map: which parts of the picture speak for the label. A coarse grid; it shows where the network looked and proves nothing about why.',
      fields: (t) => ({
        label: t.string({
          description: 'The class that is explained.',
          resolve: ({ explanation }) => explanation.label,
        }),
        grid: t.field({
          type: t.listRef(t.listRef('Float')),
          description:
            'Contribution of each cell to the logit of the label less the mean of the others, by row.',
          resolve: ({ explanation: { values, width, height } }) =>
            Array.from({ length: height }, (_, row) => values.slice(row * width, (row + 1) * width)),
        }),
        overlay: t.string({
          description:
            'Address of a PNG on this server with the evidence in red on nothing, to be laid over the whole picture.',
          resolve: ({ row }) => explanationAddress(row.id),
        }),
      }),
    });
}

export function defineClassification(
  builder: Builder,
  enums: Enums,
  { Classification: ClassificationNode, Model }: Nodes,
  Receipt: ReceiptRef,
): void {
  const Picture = definePicture(builder, enums);
  const Timing = defineTiming(builder, enums);
  const Explanation = defineExplanation(builder);
  const { NearPicture, SeenPicture, Novelty } = defineDecision(builder, enums);
  const Score = builder.objectRef<ClassScore>('ClassScore').implement({
    description: 'Score of one class.',
    fields: (t) => ({
      label: t.exposeString('label', { description: 'The class.' }),
      probability: t.exposeFloat('probability', {
        description: 'Softmax of the logits; a calibrated model divides them by its temperature first.',
      }),
      logit: t.exposeFloat('logit', { description: 'Output of the head before the softmax.' }),
    }),
  });
  const Warning = builder.objectRef<PictureWarning>('PictureWarning').implement({
    description: 'Something about the picture that an expert would want to know beside the answer.',
    fields: (t) => ({
      code: t.field({
        type: enums.PictureWarningCode,
        description: 'From the closed list.',
        resolve: (code) => code,
      }),
      message: t.string({
        description: 'For the person who sent the picture.',
        resolve: (code) => WARNING_MESSAGES[code],
      }),
    }),
  });
  ClassificationNode.implement({
    description: 'One stored answer. It never changes.',
    fields: (t) => ({
      createdAt: t.field({
        type: 'DateTime',
        description: 'When it was answered.',
        resolve: ({ row }) => row.createdAt,
      }),
      filename: t.string({
        description: 'As the client named the file.',
        resolve: ({ row }) => row.filename,
      }),
      label: t.string({ description: 'The most probable class.', resolve: ({ row }) => row.label }),
      probability: t.float({
        description: 'Of the label; calibrated where the calibration of the model is applied.',
        resolve: ({ row }) => row.probability,
      }),
      probabilities: t.field({
        type: [Score],
        description: 'All classes, in the order of the model.',
        resolve: ({ row }) => row.scores,
      }),
      decision: t.field({
        type: enums.Decision,
        description: 'Whether the label can be used as an answer.',
        resolve: ({ row }) => row.decision,
      }),
      decisionReasons: t.field({
        type: [enums.DecisionReason],
        description: 'Why the answer is not CLASSIFIED, and what the decision lacked; may be empty.',
        resolve: ({ row }) => row.decisionReasons,
      }),
      decisionThreshold: t.float({
        description:
          'The threshold at the time of the answer: the smallest probability of a CLASSIFIED answer.',
        resolve: ({ row }) => row.decisionThreshold,
      }),
      novelty: t.field({
        type: Novelty,
        nullable: true,
        description: 'Distance from the training pictures; null if the model has no training features.',
        resolve: ({ row }) => row.novelty,
      }),
      nearest: t.field({
        type: [NearPicture],
        description:
          'Up to five of the most similar training pictures, nearest first; empty if the model has no training features.',
        resolve: ({ row }) => row.nearest ?? [],
      }),
      seenInTraining: t.field({
        type: SeenPicture,
        nullable: true,
        description:
          'The training picture that this picture equals, nearly duplicates or is part of. The answer does not test the model then. Null if there is none, or if the model has no training features.',
        resolve: ({ row }) => row.seenInTraining,
      }),
      model: t.field({
        type: Model,
        description: 'The model that answered.',
        resolve: ({ row }) => row.modelId,
      }),
      modelDigest: t.string({
        description: 'Digest of the model at the time of the answer.',
        resolve: ({ row }) => row.modelDigest,
      }),
      isPictureKept: t.loadable({
        type: 'Boolean',
        description: 'Whether gelql stores the bytes of the picture. Only then can the answer be replayed.',
        load: (digests: string[], { app }) => areStored(app.database, digests),
        resolve: ({ row }) => row.pictureSha256,
      }),
      recipe: t.field({
        type: enums.Recipe,
        description: 'How the network input was made.',
        resolve: ({ row }) => row.recipe,
      }),
      actor: t.string({
        description: 'Who asked, according to the caller.',
        resolve: ({ row }) => row.actor,
      }),
      clientReference: t.string({
        nullable: true,
        description: 'As the caller gave it.',
        resolve: ({ row }) => row.clientReference,
      }),
      idempotencyKey: t.string({
        nullable: true,
        description: 'As the caller gave it.',
        resolve: ({ row }) => row.idempotencyKey,
      }),
      receipt: t.field({
        type: Receipt,
        description: 'Its place in the chain of stored records.',
        resolve: ({ row }) => row,
      }),
      picture: t.field({
        type: Picture,
        description: 'Facts about the file.',
        resolve: ({ row }) => row.facts,
      }),
      warnings: t.field({
        type: [Warning],
        description: 'Warnings about the picture; often empty.',
        resolve: ({ row }) => row.warnings,
      }),
      timing: t.field({
        type: Timing,
        description: 'Time spent in each step.',
        resolve: ({ row }) => row.timing,
      }),
      explanation: t.field({
        type: Explanation,
        nullable: true,
        description: 'Present where `explain: true` asked for it.',
        resolve: ({ row }) => row.explanation && { row, explanation: row.explanation },
      }),
      otherModels: t.field({
        type: [ClassificationNode],
        description:
          'The answers of the other models in `models`, in that order; empty when you read the answer later.',
        resolve: ({ others }) => [...others],
      }),
    }),
  });

  builder.queryField('classifications', (t) =>
    t.connection(
      {
        type: ClassificationNode,
        description: 'Earlier answers, newest first.',
        args: {
          clientReference: t.arg.string({ description: 'Only those with exactly this reference.' }),
        },
        resolve: (_root, { clientReference, ...args }, { app }) =>
          connectionOf(
            args,
            (page) => pageClassifications(app.database, page, clientReference ?? null),
            (row): Classification => ({ row, others: [] }),
          ),
      },
      ...connectionNames('Classification'),
    ),
  );
}
