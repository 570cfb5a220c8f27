// `ops import FOLDER --mapping FILE [--history]`: files through a declared mapping into the intake.
// What cannot be taken is listed with file, line and reason; only --strict makes a failure of it.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import type { Command } from 'commander';
import { HttpSink, type ImportReport, type ImportSink, IntakeSink, type Mapping, readMapping, runImport } from '@app/import';
import type { Config } from '@app/wiring';
import { type Connection, connect } from './connection';
import { CommandFailed } from './failure';
import { ask } from './graphql-client';
import { print, printJson, table } from './print';
import { progressBar } from './progress';

interface ImportCommandOptions {
  mapping: string;
  history?: boolean;
  strict?: boolean;
  restart?: boolean;
  json?: boolean;
}

const ROWS_SHOWN_MAX = 20;
const POLL_MILLISECONDS = 200;

export function addImportCommand(program: Command, config: () => Config): void {
  program
    .command('import')
    .description('take a folder of CSV or NDJSON files, plain or gzip, through a declared mapping; a second run goes on where the first was ended')
    .argument('<folder>', 'folder with the files that the mapping names')
    .requiredOption('--mapping <file>', 'the mapping, JSON')
    .option('--history', 'past orders: no timers, no messages, no cases')
    .option('--strict', 'end with 1 when a row could not be taken')
    .option('--restart', 'begin at the beginning, whatever was done before')
    .option('--json', 'print the report as JSON, with every row that could not be taken or was refused')
    .action((folder: string, options: ImportCommandOptions) => importFolder(config(), folder, options));
}

async function importFolder(config: Config, folder: string, options: ImportCommandOptions): Promise<void> {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw new CommandFailed(`${folder} is not a folder.`);
  const text = mappingText(options.mapping);
  const mapping = readMapping(text, `The mapping ${options.mapping}`);
  const connection = await connect(config);
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    const report = await send(config, connection, resolve(folder), text, mapping, options, abort.signal);
    await projected(connection, abort.signal);
    await printReport(report, options);
    if (!report.complete) throw new CommandFailed('The import was ended before it was complete. Run it again: it goes on from there.');
    if (options.strict === true && report.rejected.count > 0) throw new CommandFailed(`${report.rejected.count} rows could not be taken.`);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    await connection.close();
  }
}

function mappingText(file: string): string {
  if (!existsSync(file)) throw new CommandFailed(`The mapping ${file} does not exist.`);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandFailed(`The mapping ${file} cannot be read: ${(error as Error).message}.`);
  }
}

async function send(config: Config, connection: Connection, folder: string, text: string, mapping: Mapping, options: ImportCommandOptions, signal: AbortSignal): Promise<ImportReport> {
  const source = { system: mapping.system, history: options.history ?? false, omits: mapping.omits };
  const http = connection.local === undefined ? new HttpSink({ url: connection.url, token: connection.token, ...source }) : undefined;
  const sink: ImportSink = http ?? new IntakeSink(connection.local!.intake, { ...source, actor: { id: 'ops-import', role: 'ops' } });
  const bar = progressBar('import', 'KiB read');
  try {
    const report = await runImport({
      folder,
      mapping: text,
      history: source.history,
      sink,
      workFolder: join(config.dataDirectory, 'imports'),
      alone: connection.local !== undefined && config.servers === undefined,
      target: config.servers?.eventStoreDb ?? config.dataDirectory,
      resume: options.restart !== true,
      progress: ({ bytesRead, bytesTotal, sent, rejected }) => bar.update(Math.round(bytesRead / 1024), Math.round(bytesTotal / 1024), `| ${sent} sent, ${rejected} rejected`),
      signal,
      nowMs: () => Date.now(),
    });
    await http?.close();
    return report;
  } finally {
    bar.stop();
  }
}

/** Follows the projections until they have seen everything that the import wrote. */
async function projected(connection: Connection, signal: AbortSignal): Promise<void> {
  const bar = progressBar('projections', 'events behind');
  let most = 0;
  try {
    while (!signal.aborted) {
      const { projections } = await ask<{ projections: { lag: number }[] }>(connection, '{ projections { lag } }');
      const lag = Math.max(...projections.map((projection) => projection.lag));
      most = Math.max(most, lag);
      bar.update(most - lag, most);
      if (lag === 0) return;
      await new Promise((done) => setTimeout(done, POLL_MILLISECONDS));
    }
  } finally {
    bar.stop();
  }
}

async function printReport(report: ImportReport, options: ImportCommandOptions): Promise<void> {
  const { rejected, refused } = report;
  if (options.json === true) return printJson({ ...report, rejected: await Readable.from(rejected.all()).toArray(), refused: await Readable.from(refused.all()).toArray() });
  const outcomes = Object.entries(report.outcomes).flatMap(([topic, counts]) => Object.entries(counts).map(([outcome, count]) => [topic, outcome, String(count)]));
  print(table(['topic', 'outcome', 'items'], outcomes));
  printRows(`${refused.count} facts were taken and refused by their orders, where they stand among the sources`, refused);
  printRows(`${rejected.count} rows could not be taken`, rejected);
}

function printRows(heading: string, { count, first }: ImportReport['rejected']): void {
  if (count === 0) return;
  print(`\n${heading}${count > ROWS_SHOWN_MAX ? `, the first ${ROWS_SHOWN_MAX}` : ''}:`);
  print(table(['file', 'line', 'reason'], first.slice(0, ROWS_SHOWN_MAX).map(({ file, line, reason }) => [file, String(line), reason])));
}
