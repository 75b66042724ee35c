import { formatBytes } from '../networks/weights/file-facts.js';
import type { DoctorReport } from './doctor-report.js';
import { formatTable } from './terminal/output.js';

/** The report as aligned tables, for people. */
export function formatDoctorReport(report: DoctorReport): string {
  return [
    formatMachine(report),
    formatEngines(report),
    formatSpeeds(report),
    formatChoices(report),
    formatBackbones(report),
    formatFolders(report),
  ]
    .filter((section) => section !== '')
    .join('\n\n');
}

function formatMachine({
  gelqlVersion,
  nodeVersion,
  platform,
  cpu,
  threads,
  maxDelayMs,
  memory,
  database,
}: DoctorReport): string {
  const facts = [
    ['gelql', gelqlVersion],
    ['Node.js', `${nodeVersion} on ${platform}`],
    ['CPU', `${cpu} (an engine may use ${threads} ${threads === 1 ? 'thread' : 'threads'})`],
    ['batches', `a picture waits ${maxDelayMs} ms at most for company`],
    ['memory', `${formatBytes(memory.totalBytes)}, ${formatBytes(memory.freeBytes)} free`],
    ['database', database.isUsable ? database.description : `NOT USABLE: ${database.description}`],
  ];
  return facts.map(([name = '', value = '']) => `${name.padEnd(10)}${value}`).join('\n');
}

function formatEngines({ engines }: DoctorReport): string {
  const rows = engines.map(({ engine, device, available, version, reason }) => [
    engine,
    device,
    available ? 'available' : 'absent',
    (available ? version : reason) ?? '',
  ]);
  return formatTable(['engine', 'device', 'state', 'version, or why it is absent'], rows);
}

function formatSpeeds({ engines, choices }: DoctorReport): string {
  const rows = engines.flatMap(({ engine, device, measurements, batchLimits }) => {
    const backboneIds = [...new Set(measurements.map(({ backboneId }) => backboneId))];
    return backboneIds.map((backboneId) => {
      const speedAt = (size: number) =>
        measurements.find((timing) => timing.backboneId === backboneId && timing.batchSize === size)
          ?.msPerPicture;
      const isChosen = choices.some(
        (choice) => choice.backboneId === backboneId && choice.device === device && choice.engine === engine,
      );
      return [
        backboneId,
        engine,
        device,
        formatMs(speedAt(1)),
        formatMs(speedAt(8)),
        String(batchLimits.find((limit) => limit.backboneId === backboneId)?.maxBatch ?? '-').padStart(9),
        isChosen ? 'chosen' : '',
      ];
    });
  });
  if (rows.length === 0) return 'No engine was measured yet: gelql doctor --measure';
  rows.sort(([left = ''], [right = '']) => left.localeCompare(right));
  return formatTable(
    ['backbone', 'engine', 'device', 'ms/picture', 'in batches of 8', 'max batch', ''],
    rows,
  );
}

function formatMs(ms: number | undefined): string {
  return (ms === undefined ? '-' : ms.toFixed(1)).padStart(10);
}

function formatChoices({ engines, choices, trainingEngines }: DoctorReport): string {
  const lacksAll = (device: string) => {
    const rows = engines.filter((row) => row.device === device);
    return rows.length > 0 && rows.every(({ available }) => !available);
  };
  const formatChoice = ({ device, engine, reason }: DoctorReport['trainingEngines'][number]): string => {
    if (engine !== null) return engine;
    // The reason of each stands in the table of engines, once is enough.
    return `none: ${lacksAll(device) ? `all engines for the ${device} are absent` : reason}`;
  };
  const serving = choices.map((choice) => [choice.device, choice.backboneId, formatChoice(choice)]);
  const training = trainingEngines.map((choice) => [choice.device, 'head training', formatChoice(choice)]);
  return formatTable(['device', 'work', 'engine'], [...serving, ...training]);
}

function formatBackbones({ backbones }: DoctorReport): string {
  const rows = backbones.map(({ id, origin, state, problem, sizeBytes }) => {
    const remedy = state !== 'present' && origin === 'official' ? `: gelql weights pull ${id}` : '';
    return [id, state, formatBytes(sizeBytes).padStart(9), `${problem ?? ''}${remedy}`];
  });
  return formatTable(['backbone', 'state', 'size', ''], rows);
}

function formatFolders({ folders }: DoctorReport): string {
  if (folders.length === 0) return '';
  return formatTable(
    ['cache', 'size'],
    folders.map(({ path, sizeBytes }) => [path, formatBytes(sizeBytes).padStart(9)]),
  );
}
