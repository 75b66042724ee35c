import type { Command } from 'commander';
import type { Config } from '../config.js';
import { inspectMachine } from './doctor-report.js';
import { formatDoctorReport } from './format-doctor-report.js';
import { printJson, printNote, printResult } from './terminal/output.js';

/** `gelql doctor`: what this machine can do, what is missing and how to get it. */
export function registerDoctorCommand(program: Command, getConfig: () => Config): void {
  program
    .command('doctor')
    .description('show what was found on this machine: engines, their speed, weights, database, cache')
    .option('--json', 'print JSON')
    .option('--measure', 'time every engine with every backbone that is here (a minute)')
    .addHelpText('after', '\nExamples:\n  gelql doctor\n  gelql doctor --measure --json')
    .action(async ({ json = false, measure = false }: { json?: boolean; measure?: boolean }) => {
      if (measure) printNote('measuring; other work on this machine makes the figures worse');
      const report = await inspectMachine(getConfig(), { measure });
      if (json) printJson(report);
      else printResult(formatDoctorReport(report));
    });
}
