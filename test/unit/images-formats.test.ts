import { GelqlError } from '../../src/errors.js';
import { sniffFormat } from '../../src/images/reading/formats.js';

const bytesOf = (...parts: (string | number[])[]) =>
  new Uint8Array(
    Buffer.concat(
      parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
    ),
  );

function refusalOf(bytes: Uint8Array): GelqlError {
  try {
    sniffFormat(bytes);
  } catch (error) {
    if (error instanceof GelqlError) return error;
  }
  throw new Error('was accepted');
}

describe('sniffFormat', () => {
  it.each([
    ['jpeg', bytesOf([0xff, 0xd8, 0xff, 0xe0])],
    ['png', bytesOf([0x89], 'PNG\r\n', [0x1a], '\n')],
    ['tiff', bytesOf('II*\0')],
    ['tiff', bytesOf('MM\0*')],
    ['tiff', bytesOf('II+\0')],
    ['tiff', bytesOf('MM\0+')],
    ['webp', bytesOf('RIFF', [9, 0, 0, 0], 'WEBPVP8L')],
    ['gif', bytesOf('GIF89a')],
    ['gif', bytesOf('GIF87a')],
    ['bmp', bytesOf('BM', [54, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0, 0])],
  ])('accepts %s by its first bytes', (format, bytes) => {
    expect(sniffFormat(bytes)).toBe(format);
  });

  it.each([
    ['empty', bytesOf('')],
    ['text file', bytesOf('BMI of the patients, one line each')],
    ['AVIF picture', bytesOf([0, 0, 0, 28], 'ftypavif')],
    ['HEIC picture', bytesOf([0, 0, 0, 28], 'ftypheic')],
    ['PDF', bytesOf('%PDF-1.7')],
    ['Bio-Rad Image Lab .scn file', bytesOf('MIME-Version: 1.0\r\nContent-Type: multipart/mixed')],
    ['Bio-Rad Image Lab .scn file', bytesOf('--boundary\r\nContent-Description: ScanImageTag1')],
    ['Bio-Rad Quantity One .1sc file', bytesOf([0xaf, 0xaf], 'Stable File Version 2.0  \r\n')],
    [
      'compound file (Syngene .sgd or an Office document)',
      bytesOf([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]),
    ],
    ['JPEG 2000 picture', bytesOf([0, 0, 0, 12], 'jP  \r\n')],
    ['Photoshop document', bytesOf('8BPS')],
    ['ZIP archive or Office document', bytesOf('PK', [3, 4])],
    ['SVG drawing', bytesOf('<?xml version="1.0"?>\n<!-- lanes -->\n<svg xmlns="x"/>')],
    ['text file', bytesOf('lane,band,weight\n1,2,3\n')],
    ['unknown', bytesOf([0, 1, 2, 3, 4, 5, 6, 7])],
  ])('refuses and names: %s', (detected, bytes) => {
    const error = refusalOf(bytes);
    expect(error.code).toBe('UNSUPPORTED_FORMAT');
    expect(error.facts).toEqual({ detected });
  });

  it('says in the message what to send instead', () => {
    expect(refusalOf(bytesOf('MIME-Version: 1.0')).message).toMatch(
      /Image Lab \.scn.*Export.*TIFF.*Image Lab/,
    );
    expect(refusalOf(bytesOf([0xaf, 0xaf], 'Stable')).message).toMatch(/Export.*TIFF.*Quantity One/);
    expect(refusalOf(bytesOf([0, 0, 0, 28], 'ftypheic')).message).toMatch(/JPEG/);
    expect(refusalOf(bytesOf('')).message).toBe('The file is empty. Choose or transfer it again.');
  });
});
