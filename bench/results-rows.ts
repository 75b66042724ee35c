import type { Database } from '../src/db/client.js';
import type { Evaluation } from '../src/words/evaluation.js';
import { evaluate } from '../src/evaluation/evaluate.js';
import { createRandom } from '../src/random.js';

const TEST_PICTURES = 92;
const ROWS_PER_STATEMENT = 10_000;

/**
 * Fills the tables with one result for each of `count` models: three networks, two heads, optimizers and devices, eight
 * data sets with five test sets each, a tenth cross-validated. Accuracies are shares of 92 pictures, so many are equal;
 * losses and times are all different. Made by the database itself, which takes seconds instead of hours.
 */
export async function fillResults(database: Database, count: number): Promise<void> {
  await database.executeSql(
    `insert into artifacts (sha256, kind, size_bytes, bytes) values ('head', 'head', 1, '\\x00') on conflict do nothing`,
  );
  const evaluation = JSON.stringify(sampleEvaluation());
  for (let first = 1; first <= count; first += ROWS_PER_STATEMENT) {
    const last = Math.min(count, first + ROWS_PER_STATEMENT - 1);
    await database.executeSql(MODELS, [first, last]);
    await database.executeSql(RESULTS, [first, last, evaluation]);
  }
}

/** An evaluation as a training stores it, baselines and warnings included. */
function sampleEvaluation(): Evaluation {
  const random = createRandom(1, 'sample evaluation');
  const labels = Array.from({ length: TEST_PICTURES }, (_, picture) => picture % 2);
  const probabilities = labels.map((label) => {
    const right = Math.min(0.999, 0.35 + 0.75 * random.nextFloat());
    return label === 0 ? [right, 1 - right] : [1 - right, right];
  });
  const said = (share: number) => labels.map((label) => (random.nextFloat() < share ? label : 1 - label));
  return evaluate({
    classes: ['gel', 'not_gel'],
    labels,
    probabilities,
    baselines: [
      { name: 'majority', predicted: labels.map(() => 0) },
      { name: 'metadata-only', predicted: said(0.6) },
      { name: 'brightness-only', predicted: said(0.55) },
    ],
  });
}

/** Later rows sort later, as with UUID version 7. */
const id = (table: string) => `('${table}-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`;
const oneOf = (values: readonly string[], number: string) =>
  `(array['${values.join("', '")}'])[1 + ${number} % ${values.length}]`;
const network = oneOf(['resnet18', 'mobilenet_v3_large', 'vgg16'], 'n');
const head = oneOf(['SINGLE', 'MULTI'], '(n / 3)');
const optimizer = oneOf(['ADAM', 'SGD'], '(n / 6)');
const device = `case when n % 5 = 0 then 'GPU' else 'CPU' end`;
const moment = `timestamptz '2026-01-01' + n * interval '1 minute'`;

const MODELS = `
  insert into models (id, number, name, origin, architecture, backbone_id, backbone_sha256, feature_size, head, head_sha256,
    classes, recipe, optimizer, device, engine, feature_engine, digest, configuration, created_at)
  select ${id('01990000')}, 1000000 + n, 'model ' || n, 'TRAINED', ${network}, ${network} || '-weights', 'b', 512, ${head},
    'head', '["gel", "not_gel"]', 'gel-v1', ${optimizer}, ${device}, 'tensorflow', 'onnxruntime', md5(n::text),
    '{"epochs": 20, "seed": 1}', ${moment}
  from generate_series($1::int, $2::int) n`;

const RESULTS = `
  insert into results (id, model_id, model_number, model_name, hardware_type, pretrained_model, classifier_head, opt_alg,
    training_time_mins, inference_time_secs, accuracy, precision, recall, f1, roc_auc, roc_auc_hard, accuracy_low,
    accuracy_high, log_loss, brier, test_count, epochs, learning_rate, batch_size, seed, engine, dataset_name,
    dataset_digest, test_description, kind, test_digest, evaluation, created_at)
  select ${id('01990001')}, ${id('01990000')}, 1000000 + n, 'model ' || n, ${device}, ${network}, ${head}, ${optimizer},
    0.1 + 2 * random(), 0.02 + random() / 10, k / 92.0, k / 92.0 + random() / 100, k / 92.0, k / 92.0,
    least(1, k / 92.0 + random() / 20), k / 92.0, greatest(0, k / 92.0 - 0.06), least(1, k / 92.0 + 0.04),
    1 - k / 92.0 + random(), random() / 4, 92, (array[10, 20, 40])[1 + n % 3], (array[0.001, 0.01, 0.1])[1 + n % 3], 23,
    n % 5, 'tensorflow', 'data set ' || n / 7 % 8, md5((n / 7 % 8)::text), 'a share of 0.2 drawn with seed ' || n % 5,
    case when n % 10 = 3 then 'CROSS_VALIDATION' else 'HOLDOUT' end, md5((n / 7 % 8)::text || n % 5),
    jsonb_set($3::jsonb, '{accuracy,k}', to_jsonb(k)), ${moment}
  from (
    select n, 60 + floor(33 * (1 - random() * random()))::int - (random() < 0.02)::int * 30 as k
    from generate_series($1::int, $2::int) n
  ) drawn`;
