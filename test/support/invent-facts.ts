import type { RandomDraws } from '../../tools/synthesize/random-draws.js';
import type { PictureFacts } from '../../src/words/picture.js';

/** Facts of a picture that never was, with everything at random but `fixed`. */
export function inventFacts(random: RandomDraws, fixed: Partial<PictureFacts>): PictureFacts {
  return {
    format: random.pick(['jpeg', 'png', 'tiff']),
    sizeBytes: random.integer(5_000, 60_000),
    sha256: '',
    width: random.integer(200, 800),
    height: random.integer(200, 800),
    pageCount: 1,
    page: 0,
    bitDepth: random.pick([8, 16]),
    channels: random.pick([1, 3]),
    hasAlpha: random.chance(0.2),
    orientation: random.pick([1, 6]),
    encoding: 'linear',
    rasterSha256: '',
    stretchLow: 0,
    stretchHigh: 255,
    saturatedFraction: 0,
    meanGrey: random.uniform(20, 220),
    standardDeviationGrey: random.uniform(5, 80),
    polarityGuess: 'UNCERTAIN',
    perceptualHash: null,
    ...fixed,
  };
}
