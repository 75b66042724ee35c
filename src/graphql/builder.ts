import SchemaBuilder from '@pothos/core';
import DataloaderPlugin from '@pothos/plugin-dataloader';
import RelayPlugin from '@pothos/plugin-relay';
import { GraphQLError } from 'graphql';
import type { FileUpload } from 'graphql-upload-minimal';
import { GelqlError } from '../errors.js';
import type { GraphQLContext } from './context.js';
import { relayOptions } from './relay-options.js';

export interface SchemaTypes {
  Context: GraphQLContext;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string | number | bigint };
    DateTime: { Input: Date; Output: Date };
    JSON: { Input: never; Output: unknown };
    Upload: { Input: Promise<FileUpload>; Output: never };
  };
}

/** Plugins and scalars only; each type of the schema lives in its own file below types/. */
/** The types of the schema as Pothos resolves them. */
export type SchemaShape = PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>;

export function createBuilder() {
  const builder = new SchemaBuilder<SchemaTypes>({
    plugins: [RelayPlugin, DataloaderPlugin],
    defaultFieldNullability: false,
    relay: relayOptions,
  });

  builder.scalarType('DateTime', {
    description: 'A moment in UTC, written as ISO 8601 with milliseconds: 2026-01-31T12:00:00.000Z.',
    serialize: (value) => value.toISOString(),
    parseValue: (value) => {
      const date = typeof value === 'string' ? new Date(value) : new Date(Number.NaN);
      if (Number.isNaN(date.getTime()))
        throw new GelqlError('BAD_REQUEST', 'A DateTime is an ISO 8601 text.');
      return date;
    },
  });

  builder.scalarType('JSON', {
    description: 'Any JSON value, in answers only.',
    serialize: (value) => value,
    parseValue: () => {
      throw new GelqlError('BAD_REQUEST', 'JSON is an output only.');
    },
  });

  builder.scalarType('Upload', {
    description:
      'A file of a multipart/form-data request, as the GraphQL multipart request specification lays down; send the header `x-graphql-yoga-csrf` with any value.',
    serialize: () => {
      throw new GraphQLError('Upload is an input only.');
    },
    parseValue: (value) => {
      const promise = (value as { promise?: unknown } | null)?.promise;
      if (!(promise instanceof Promise)) {
        throw new GelqlError('BAD_REQUEST', 'An Upload is sent as a file of a multipart/form-data request.');
      }
      return promise as Promise<FileUpload>;
    },
    parseLiteral: (node) => {
      throw new GraphQLError('An Upload is given as a variable, not inside the document.', { nodes: node });
    },
  });

  builder.queryType({
    description: 'What is there: models, results, runs, data sets, devices, earlier answers.',
  });
  builder.mutationType({ description: 'Train a model, classify a picture.' });
  builder.subscriptionType({
    description:
      'Live updates as server-sent events: POST to the same address with `accept: text/event-stream`.',
  });
  return builder;
}

export type Builder = ReturnType<typeof createBuilder>;
