import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const EXECUTABLE = '/usr/bin/chromium';
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** Skips its tests, with the reason in the name, where there is no browser. */
export function describeChromium(name: string, tests: () => void): void {
  const described = `${name} (needs ${EXECUTABLE}: apt-get install chromium)`;
  if (existsSync(EXECUTABLE)) describe(described, tests);
  else describe.skip(described, tests);
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });
}
