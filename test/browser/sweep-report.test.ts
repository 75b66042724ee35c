import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { createCompute } from '../../src/compute/create-compute.js';
import { readConfig } from '../../src/config.js';
import { createChartRenderer } from '../../src/reports/chart-renderer.js';
import { createThumbnails } from '../../src/reports/thumbnails.js';
import { writeSweepReport } from '../../src/reports/sweep-report/write-sweep-report.js';
import { describeChromium, launchChromium } from '../support/chromium.js';
import { openTestDatabase, silent } from '../support/database.js';
import { insertHostileSweep } from '../support/sweep-world.js';

describeChromium('report.html in a browser', () => {
  let directory: string;
  let address: string;
  let browser: Browser;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gelql-report-'));
    const config = readConfig({});
    const database = await openTestDatabase();
    const compute = createCompute(config, silent);
    const charts = createChartRenderer({ threads: 1 }, silent);
    const thumbnails = createThumbnails({ config, database, compute });
    const sweepId = await insertHostileSweep(database);
    const [file = ''] = await writeSweepReport({ database, charts, thumbnails }, sweepId, directory);
    address = pathToFileURL(file).href;
    await charts.close();
    await compute.close();
    await database.close();
    browser = await launchChromium();
  }, 600_000);
  afterAll(async () => {
    await browser?.close();
    await rm(directory, { recursive: true });
  });

  interface Opened {
    page: Page;
    requested: string[];
    complaints: string[];
  }
  async function open(options: { colorScheme: 'light' | 'dark'; width: number }): Promise<Opened> {
    const page = await browser.newPage({
      viewport: { width: options.width, height: 900 },
      colorScheme: options.colorScheme,
    });
    const requested: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => requested.push(request.url()));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(address);
    return { page, requested, complaints };
  }

  it('asks for nothing else, and executes nothing that users wrote', async () => {
    const { page, requested, complaints } = await open({ colorScheme: 'light', width: 1200 });
    await page.evaluate('document.querySelectorAll("details").forEach((part) => (part.open = true))');
    expect(requested.filter((url) => url !== address && !url.startsWith('data:'))).toEqual([]);
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it.each([
    ['light', 'rgb(255, 255, 255)', 'rgb(31, 35, 40)'],
    ['dark', 'rgb(15, 19, 24)', 'rgb(230, 233, 236)'],
  ] as const)('is %s where the reader wants it so, the charts too', async (colorScheme, background, text) => {
    const { page } = await open({ colorScheme, width: 1200 });
    const colours = await page.evaluate(`({
      page: getComputedStyle(document.body).backgroundColor,
      chart: getComputedStyle(document.querySelector('.chart svg > rect')).fill,
      letters: getComputedStyle(document.querySelector('.chart svg text')).fill,
    })`);
    expect(colours).toEqual({ page: background, chart: background, letters: text });
    await page.close();
  });

  it('fits a narrow screen', async () => {
    const { page } = await open({ colorScheme: 'light', width: 390 });
    await page.evaluate('document.querySelectorAll("details").forEach((part) => (part.open = true))');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await page.close();
  });

  it('sorts its table by the column whose heading is pressed', async () => {
    const { page } = await open({ colorScheme: 'light', width: 1200 });
    const seeds = async () => page.locator('tbody').first().locator('tr td:nth-child(7)').allInnerTexts();
    const heading = page.locator('th button', { hasText: 'seed' });
    await heading.click();
    expect(await seeds()).toEqual(['2', '1']);
    await heading.click();
    expect(await seeds()).toEqual(['1', '2']);
    expect(await page.locator('th[aria-sort]').allInnerTexts()).toEqual(['seed']);
    await page.close();
  });
});
