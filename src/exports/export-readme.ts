import { listNames } from '../list-names.js';
import { trainsBackbone } from '../words/training-configuration.js';
import { appliedTemperature } from '../evaluation/temperature.js';
import type { RasterRecipe } from '../words/picture.js';
import type { ModelRecord } from '../registry/model-record.js';

const RECIPES: Record<RasterRecipe, string> = {
  'gel-v1':
    "grey by BT.601 luma, EXIF orientation applied, alpha laid on white; the values at 0.1 % and 99.9 % of the sorted pixels become 0 and 255 (16 bits at full depth, the window at least 2 % of the range); resized to 224 x 224 without keeping the aspect, PIL's antialiased bilinear filter",
  'reference-v1':
    "grey by BT.601 luma, no contrast stretch, 16 bits by their upper byte; resized to 224 x 224 without keeping the aspect, PIL's antialiased bilinear filter",
};

/** What a folder of `exportModel` says to people. The Python below is run by hand against each change of the format. */
export function exportReadme(record: ModelRecord): string {
  const { name, digest, classes, backbone, head, recipe, result, trainingFeatures } = record;
  const { accuracy } = result.evaluation;
  return `# ${name}

A classifier of pictures into ${listNames(
    classes.map((label) => `\`${label}\``),
    20,
  )}, exported from gelql. Digest \`${digest}\`.

Backbone ${backbone.id} (${backbone.architecture}, ${backbone.featureSize} features), head ${head.kind}${trainedNote(record)}. Accuracy ${accuracy.k} of ${accuracy.n}, 95 % interval ${percent(accuracy.low)} to ${percent(accuracy.high)}: ${result.testDescription}.

| file | what it is |
| --- | --- |
| \`model.json\` | record: classes in the order of the outputs, preprocessing, configuration, evaluation, golden answers, SHA-256 of every other file |
| \`model.onnx\` | the whole classifier. Input \`picture\`: uint8 [n, 1, 224, 224], grey levels 0..255. Outputs \`logits\` and \`probabilities\`: float32 [n, ${classes.length}] |
| \`tfjs/model.json\` | the same for \`tf.loadLayersModel\`. Input: float32 [n, 224, 224, 1], grey levels 0..255. Output: probabilities [n, ${classes.length}] |
| \`head.safetensors\`, \`backbone.safetensors\` | the parameters with torchvision's names, in torch's layout |${tunedRow(record)}
| \`golden/\` | pictures with known answers, each also as the network sees it (\`.input.png\`) |
| \`training-features.safetensors\` | ${trainingFeatures === undefined ? 'absent: nothing is known of the training pictures' : 'features, names and hashes of the training pictures, no pixels: tells answers from guesses far away'} |

Normalisation${temperatureNote(record)} and softmax are inside both networks: give them grey levels, not numbers from 0 to 1.

Preprocessing \`${recipe}\`: ${RECIPES[recipe]}.

## Check it in Python

\`pip install onnxruntime pillow numpy\`, then in this folder:

\`\`\`python
import json, numpy as np, onnxruntime
from PIL import Image

model = json.load(open("model.json"))
session = onnxruntime.InferenceSession("model.onnx")
for answer in model["golden"]["answers"]:
    picture = np.asarray(Image.open(answer["input"]), np.uint8)[None, None]
    logits, probabilities = session.run(["logits", "probabilities"], {"picture": picture})
    difference = np.abs(logits[0] - answer["logits"]).max()
    print(answer["name"], dict(zip(model["classes"], probabilities[0].round(4))), "differs by", difference)
\`\`\`

${ownPictures(recipe)}
## Take it into another gelql

\`gelql models import FOLDER\` verifies every digest and puts the model through its golden pictures before it registers it.
`;
}

/** Measured on the 40 test pictures of the demo set: Pillow 11.3 differs by one level in single pixels, Pillow 13.0 in more. */
function ownPictures(recipe: RasterRecipe): string {
  const stretch =
    recipe === 'gel-v1'
      ? `    values = np.sort(grey, axis=None)
    low, high = (float(values[int(share * (values.size - 1) + 0.5)]) for share in (0.001, 0.999))
    ceiling = 255 if grey.dtype == np.uint8 else min(c for c in (1023, 4095, 16383, 65535) if c >= high)
    high = max(high, low + 0.02 * ceiling)
    grey = np.clip((grey - low) * 255 / (high - low) + 0.5, 0, 255).astype(np.uint8)`
      : '    grey = (grey if grey.dtype == np.uint8 else grey >> 8).astype(np.uint8)';
  return `A picture of your own, 8 or 16 bits without alpha; other versions of Pillow than 11 round some pixels otherwise, by one level:

\`\`\`python
def network_input(path):
    picture = Image.open(path)
    grey = np.asarray(picture if picture.mode.startswith("I") else picture.convert("L"))
${stretch}
    return np.asarray(Image.fromarray(grey).resize((224, 224), Image.BILINEAR))[None, None]
\`\`\`
`;
}

function trainedNote({ training }: ModelRecord): string {
  const { configuration } = training;
  return trainsBackbone(configuration) ? `, trained: ${configuration.trainable}` : '';
}

/** Head and backbone without it would be another network, and nothing would say so. */
function tunedRow({ tuned }: ModelRecord): string {
  if (tuned === undefined) return '';
  return `
| \`${tuned.file}\` | the tensors that training moved, under the backbone's names and shapes: put them in the place of those of \`backbone.safetensors\` before you use the head |`;
}

function temperatureNote({ calibration }: ModelRecord): string {
  const temperature = appliedTemperature(calibration);
  return temperature === 1 ? '' : `, the calibration (logits divided by ${temperature})`;
}

function percent(share: number | null): string {
  return share === null ? '-' : `${(share * 100).toFixed(1)} %`;
}
