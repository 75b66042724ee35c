import { type DatasetRecord } from './dataset-record.js';

/** The card that lies beside the pictures: what they are, what they are not, how they were labelled and made. */
export function writeDatasetCard(record: DatasetRecord): string {
  const { train, test, seed, pictures } = record;
  const share = (count: number, of: number) => `${Math.round((100 * count) / Math.max(1, of))} %`;
  const rows = (['gel', 'not_gel'] as const).map((label) => {
    const own = pictures.filter((picture) => picture.label === label);
    const dark = own.filter((picture) => picture.polarity === 'DARK_ON_LIGHT').length;
    const labelled = own.filter((picture) => picture.isAnnotated).length;
    const kinds = new Set(own.map((picture) => picture.subject)).size;
    return `| ${label} | ${train[label]} | ${test[label]} | ${kinds} | ${share(dark, own.length)} | ${share(labelled, own.length)} |`;
  });
  const megabytes = pictures.reduce((sum, picture) => sum + picture.sizeBytes, 0) / 1e6;
  return `# Synthetic gel pictures

**Drawn by a program. Not evidence of anything: no such gel was ever run.** Made to try out training and serving, and
to test them; what a model scores here says little about real pictures and must not be quoted as if it did.

| class | training | test | kinds | dark on light | labels or frame |
|---|---|---|---|---|---|
${rows.join('\n')}

${pictures.length} pictures, ${megabytes.toFixed(1)} MB, seed ${seed}, generator version ${record.generatorVersion}.
\`dataset.json\` says of every picture what it shows and how it was made, with SHA-256 of the file and of the pixels.

## What counts as what
- \`gel\`: one-dimensional electrophoresis gels of any stain, including inverted and annotated figures: PCR rows, digests,
  titrations, plasmid forms, genomic smears, RNA, gels with several combs, SDS-PAGE.
- \`not_gel\`: anything else. Many of these were chosen because they have something of a gel: bar codes, charts, heat maps,
  chromatograms, spectrograms, blinds, piano keys, well plates, dot blots, TLC plates, lateral-flow strips.
- In neither class: Western blots and autoradiograms (a class of their own, \`blot\`, in a data set with three classes),
  two-dimensional gels, cartoon gels, gels without a band, and photographs of a gel on a screen. Use such pictures to
  probe what a model does with what it has not been taught.

## How they were made
Fragments run by the Van Winkle-Beheshti-Rill mobility equation; light is proportional to mass; bands, smears, wells,
edges and bubbles are drawn into a plane of light. That scene, or the drawing of another thing, then goes through one
camera for both classes: uneven light, a slight turn, dust, lens blur, exposure with clipping, photon and read noise,
tone, inversion, tint, labels with a font drawn for this purpose.

## What was evened out between the classes
File format, channels and bit depth follow one schedule; width, height, size in bytes, mean brightness and its standard
deviation are drawn from one distribution each, and tone, JPEG quality and grey levels are steered towards the drawn
values. A test in the repository proves that rules which see only the file, or only the brightness, score below 65 %.

## Limits
- 16-bit files hold at most 256 different values, and lossless files may hold fewer grey levels, to stay small.
- Few laboratories' habits are imitated; no compression bands, torn gels or photographs of gels in a tray.
- Labels were drawn, not typed by people; other things are drawings, not photographs.

## Make it again
\`\`\`
gelql dataset synthesize DIRECTORY --seed ${seed} --train ${train.gel} --test ${test.gel}
\`\`\`
The pixels before encoding are the same on every machine (\`pixelSha256\`); the bytes of the files may differ with the
version of the encoder.

## Licence
CC0 1.0: no rights reserved. The program that draws them is under the MIT licence.
`;
}
