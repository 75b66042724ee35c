import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCompute } from '../../src/compute/create-compute.js';
import { readConfig } from '../../src/config.js';
import { newId } from '../../src/db/new-id.js';
import { createChartRenderer } from '../../src/reports/chart-renderer.js';
import { writeSweepReport } from '../../src/reports/sweep-report/write-sweep-report.js';
import { appendEpochs, finishRun, insertRun, startRun } from '../../src/training/training-runs.js';
import { describeDatabases, silent } from '../support/database.js';
import { configuration, insertTestDataset, registerTestModel } from '../support/registry-rows.js';
import { insertTestSweep } from '../support/sweep-rows.js';

const config = readConfig({});
const compute = createCompute(config, silent);
const charts = createChartRenderer({ threads: 1 }, silent);
afterAll(async () => {
  await charts.close();
  await compute.close();
});

describeDatabases('a report of a sweep', (database) => {
  it('is written with the parts that were trained and those that were refused', async () => {
    const dataset = await insertTestDataset(database(), 'pictures');
    const { id: runId } = await insertRun(database(), {
      datasetId: dataset.id,
      configuration,
      name: 'first',
    });
    const run = (await startRun(database(), runId))!;
    await appendEpochs(
      database(),
      run,
      [{ number: 1, trainLoss: 0.5, trainAccuracy: 0.7, validationLoss: null, validationAccuracy: null }],
      1,
    );
    await registerTestModel(database(), { name: 'first', runId });
    await finishRun(database(), run);
    const refusal = { code: 'DEVICE_UNAVAILABLE' as const, message: 'No worker has a GPU.', facts: {} };
    const sweepId = await insertTestSweep(database(), {
      name: 'grid',
      datasetId: dataset.id,
      parts: [{ runId }, { refusal }],
    });
    const directory = await mkdtemp(join(tmpdir(), 'gelql-report-'));
    try {
      const [file = ''] = await writeSweepReport(
        { config, database: database(), compute, charts },
        sweepId,
        directory,
      );
      expect(file).toBe(join(directory, 'report.html'));
      const page = await readFile(file, 'utf8');
      expect(page).toContain('accuracy 90.0% (90 of 100;');
      expect(page).toContain('No worker has a GPU.');
      expect(page.match(/<svg/g)).toHaveLength(2);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('is refused where there is no such sweep', async () => {
    const services = { config, database: database(), compute, charts };
    await expect(writeSweepReport(services, newId(), tmpdir())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
