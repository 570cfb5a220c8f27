// `ops migrate [--verify-only]`: an embedded data directory into EventStoreDB and MongoDB, with a proof that both hold the same.
// The directory is only read; a run that was ended goes on when it is called again, and takes what was added since.
import type { Command } from 'commander';
import { type Config, migrate, type MigrationReport } from '@app/wiring';
import { watchCopy } from './copy-progress';
import { describeProof, differenceOf } from './describe-proof';
import { CommandFailed, WrongUsage } from './failure';
import { print, printJson } from './print';

interface MigrateOptions {
  verifyOnly?: boolean;
  json?: boolean;
}

export function addMigrateCommand(program: Command, config: () => Config): void {
  program
    .command('migrate')
    .description('move the data directory into EventStoreDB and MongoDB, customer keys too, and prove that they are equal; a second run goes on where the first was ended')
    .option('--verify-only', 'compare and write nothing; ends with 1 when they differ')
    .option('--json', 'print JSON')
    .action((options: MigrateOptions) => run(config(), options));
}

async function run(config: Config, { verifyOnly = false, json = false }: MigrateOptions): Promise<void> {
  if (config.servers === undefined) throw new WrongUsage('Set EVENTSTOREDB_URL and MONGODB_URL: that is where the data directory is moved to.');
  const beganMs = performance.now();
  const report = await watchCopy(
    verifyOnly ? 'The comparison was ended before it was whole.' : 'The migration was ended before it was whole. Run it again: it goes on from there.',
    (watched) => migrate(config, { ...watched, compareOnly: verifyOnly }),
  );
  const seconds = (performance.now() - beganMs) / 1000;
  const difference = differenceOf(report);
  if (json) printJson({ equal: difference === undefined, ...report, seconds: Number(seconds.toFixed(3)), difference: difference ?? null });
  else print(describe(report, verifyOnly, seconds));
  if (difference !== undefined) throw new CommandFailed(difference);
}

function describe(report: MigrationReport, verifyOnly: boolean, seconds: number): string {
  const { log, keys, from, to, rewrapped, tokensGoOn } = report;
  const lines = [`${from}\n  -> ${to}`];
  if (!verifyOnly) lines.push(`${log.copied} events and ${keys.copied} customer keys written in ${seconds.toFixed(1)} s, the proof included.`);
  lines.push(describeProof(report));
  if (rewrapped) lines.push('Customer keys are wrapped there by the master key of ORDERTRAIL_MASTER_KEY, no longer by the file of the data directory.');
  if (tokensGoOn === true) lines.push('Tokens of the data directory are good there too.');
  if (tokensGoOn === false) lines.push("The servers have a token key of their own: tokens of the data directory are not good there. 'ops token' makes new ones.");
  return lines.join('\n');
}
