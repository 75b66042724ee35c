import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { FileUpload } from 'graphql-upload-minimal';
import { ACTOR_HEADER, actorOf } from '../../src/graphql/actor.js';
import { readUpload } from '../../src/graphql/http/upload.js';
import type { Permit } from '../../src/serving/admission.js';

describe('readUpload', () => {
  it.each([undefined, null, ''])('gives a part with the file name %p an empty name', async (filename) => {
    const file = { filename, createReadStream: () => Readable.from([Buffer.from('abc')]) };
    const permit = {
      signal: new AbortController().signal,
      holdBytes: () => Promise.resolve({ shrinkTo: () => undefined }),
    };
    const read = await readUpload(
      Promise.resolve(file as unknown as FileUpload),
      permit as unknown as Permit,
      { maxFileBytes: 10 },
    );
    expect(read.filename).toBe('');
    expect(Buffer.from(read.bytes).toString()).toBe('abc');
  });
});

describe('actorOf', () => {
  const asked = (bytes: Buffer) =>
    actorOf(
      null,
      new Request('http://localhost/', { headers: { [ACTOR_HEADER]: bytes.toString('latin1') } }),
    );

  it('reads a header in UTF-8', () => {
    expect(asked(Buffer.from('Zoë 山田'))).toBe('Zoë 山田');
  });

  it('reads a header in Latin-1', () => {
    expect(asked(Buffer.from('Zoë', 'latin1'))).toBe('Zoë');
  });
});
