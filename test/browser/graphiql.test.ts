import { mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { EXAMPLE_OPERATIONS } from '../../src/graphql/example-operations.js';
import { finishRun, insertRun, startRun, updateRunProgress } from '../../src/runs/training-runs.js';
import { describeChromium, launchChromium } from '../support/chromium.js';
import { openGraphQLApp, type GraphQLApp } from '../support/graphql-app.js';
import { serve, type TestServer } from '../support/graphql-server.js';
import { configuration, insertTestDataset } from '../support/registry-rows.js';
import { registerUntrainedModel } from '../support/untrained-model.js';
import { TRAINED } from '../support/epoch.js';

/** Where GELQL_SCREENSHOTS names a folder, what the browser shows is kept there. */
const screenshots = process.env.GELQL_SCREENSHOTS;

describeChromium('GraphiQL in a browser', () => {
  let opened: GraphQLApp;
  let server: TestServer;
  let browser: Browser;
  let page: Page;
  /** Addresses that the page asked for, and what its console complained about. */
  const requested: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    opened = await openGraphQLApp();
    await registerUntrainedModel(opened.app);
    server = await serve(opened.yoga);
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.on('request', (request) => requested.push(request.url()));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(server.url);
    await page.locator('.graphiql-tab').first().waitFor();
  }, 600_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await opened?.close();
  });

  const capture = async (name: string) => {
    if (screenshots === undefined) return;
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: `${screenshots}/${name}.png` });
  };

  /** The editor draws spaces that do not break. */
  const waitForText = (text: string) =>
    page.waitForFunction(
      `document.body.innerText.replaceAll('\\u00a0', ' ').includes(${JSON.stringify(text)})`,
      null,
      { timeout: 10_000 },
    );

  it('opens with the example operations in tabs that bear their names', async () => {
    const tabs = await page.locator('.graphiql-tab').allInnerTexts();
    expect(tabs.map((text) => text.trim())).toEqual(EXAMPLE_OPERATIONS.map(({ name }) => name));
    expect(await page.title()).toBe('gelql');
    await capture('opened');
  });

  it('executes an operation and shows its result', async () => {
    await page.locator('.graphiql-execute-button').click();
    const result = page.locator('.result-window');
    await result.getByText('untrained').first().waitFor();
    await capture('executed');
    expect(await result.innerText()).toContain('"bestModel"');
  });

  it('brings the variables of an example along', async () => {
    await page.locator('.graphiql-tab-button', { hasText: /^Train$/ }).click();
    await waitForText('"dataset": "demo"');
    await capture('variables');
    await page.locator('.graphiql-tab-button', { hasText: 'Answers' }).click();
    await waitForText('classifications(first: 10)');
    await capture('answers');
  });

  it('shows a subscription as it goes on, and its end', async () => {
    const { database } = opened.app;
    const { id: datasetId } = await insertTestDataset(database, 'followed');
    const { id } = await insertRun(database, { fingerprint: 'made up', datasetId, configuration });
    await page.locator('.graphiql-tab-button', { hasText: /^Live$/ }).click();
    await waitForText('id of a training run');
    await page.locator('.graphiql-editor-tool .monaco-editor').first().click();
    await page.keyboard.press('Control+A');
    // The editor closes what is opened.
    await page.keyboard.insertText(`{"run":"${id}`);
    await page.locator('.graphiql-execute-button').click();
    const result = page.locator('.result-window');
    await result.getByText('QUEUED').first().waitFor();
    expect(opened.app.announcements.watchCount()).toBe(1);

    const run = (await startRun(database, id))!;
    await result.getByText('RUNNING').first().waitFor();
    await updateRunProgress(database, run, { stage: 'EXTRACTING_FEATURES', stageProgress: 0.5 });
    await result.getByText('EXTRACTING_FEATURES').first().waitFor();
    await capture('live');
    await finishRun(database, run, TRAINED);
    await result.getByText('SUCCEEDED').first().waitFor();
    expect(opened.app.announcements.watchCount()).toBe(0);
  });

  it('knows the schema: its documentation lists the queries', async () => {
    await page.locator('button[aria-label="Show Documentation Explorer"]').click();
    const explorer = page.locator('.graphiql-plugin');
    await explorer.getByText('Query', { exact: true }).first().click();
    await explorer.getByText('classifications', { exact: true }).waitFor();
    await capture('documentation');
    expect(await explorer.innerText()).toContain('What is there: models, results, runs');
  });

  it('asked no other server for anything', () => {
    const origin = new URL(server.url).origin;
    const foreign = requested.filter((url) => !/^(data|blob):/.test(url) && new URL(url).origin !== origin);
    expect(requested.length).toBeGreaterThan(2);
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('is not sent a second time', async () => {
    const first = await fetch(server.url, { headers: { accept: 'text/html' } });
    const tag = first.headers.get('etag')!;
    const html = await first.text();
    expect(html).toContain('<!doctype html>');
    const again = await fetch(server.url, { headers: { accept: 'text/html', 'if-none-match': tag } });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
    const answer = await page.reload();
    expect(answer?.status()).toBe(200);
    await page.locator('.graphiql-tab').first().waitFor();
  });
});
