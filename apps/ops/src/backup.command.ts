// `ops backup FOLDER [--with-master-key] | --verify`: a copy of log and customer keys, made while the server runs, that is a data directory itself.
// It always says whether what opens personal data is in it.
import type { Command } from 'commander';
import { backUp, type BackupCheck, type BackupReport, checkBackup, type Config } from '@app/wiring';
import { watchCopy } from './copy-progress';
import { describeProof, differenceOf } from './describe-proof';
import { CommandFailed, WrongUsage } from './failure';
import { print, printJson } from './print';

interface BackupOptions {
  withMasterKey?: boolean;
  verify?: boolean;
  json?: boolean;
}

export function addBackupCommand(program: Command, config: () => Config): void {
  program
    .command('backup')
    .description('copy log and customer keys into a folder, also while the server runs, and prove that the copy is equal; run again it adds what is new')
    .argument('<folder>', 'a new folder, or one that an earlier backup was made into; it is a data directory that a server can be started on')
    .option('--with-master-key', 'put the master key and the token key into the backup: whoever has it can then read personal data')
    .option('--verify', 'read the backup and compare it with its manifest; writes nothing')
    .option('--json', 'print JSON')
    .action(async (folder: string, options: BackupOptions) => {
      if (folder.trim() === '') throw new WrongUsage('The folder of the backup must be named.');
      if (options.verify === true && options.withMasterKey === true) throw new WrongUsage('--verify writes nothing, so it does not go with --with-master-key.');
      if (options.verify === true) await verify(config(), folder, options.json === true);
      else await make(config(), folder, options);
    });
}

async function make(config: Config, folder: string, { withMasterKey = false, json = false }: BackupOptions): Promise<void> {
  const beganMs = performance.now();
  const report = await watchCopy('The backup was ended before it was whole. Run it again: it goes on from there.', (watched) => backUp(config, folder, { ...watched, withMasterKey }));
  const seconds = (performance.now() - beganMs) / 1000;
  const difference = differenceOf(report);
  if (json) printJson({ equal: difference === undefined, ...report, seconds: Number(seconds.toFixed(3)), difference: difference ?? null });
  else print(describe(report, seconds));
  if (difference !== undefined) throw new CommandFailed(difference);
}

function describe(report: BackupReport, seconds: number): string {
  const { log, keys, folder, manifest } = report;
  return [
    `${manifest.of}, up to position ${log.position}\n  -> ${folder}`,
    `${log.copied} events and ${keys.copied} customer keys written in ${seconds.toFixed(1)} s, the proof included.`,
    describeProof(report),
    `The customer keys are in the backup, each wrapped by the master key. ${ofMasterKey(report)}`,
  ].join('\n');
}

function ofMasterKey({ manifest, folder, masterKeyPlace }: BackupReport): string {
  return manifest.masterKeyIncluded
    ? `THE MASTER KEY IS IN IT TOO (${folder}/keys): whoever has this backup can read all personal data. Keep it accordingly.`
    : `The master key is NOT in it: without it no personal data in this backup can be opened. It is in ${masterKeyPlace}; keep it elsewhere, and apart from the backup.`;
}

async function verify(config: Config, folder: string, json: boolean): Promise<void> {
  const check = await watchCopy('The check was ended before it was whole.', (watched) => checkBackup(config, folder, watched));
  if (json) printJson({ whole: check.fault === null, ...check });
  else print(describeCheck(check));
  if (check.fault !== null) throw new CommandFailed(`The backup in ${check.folder} is not whole: ${check.fault}.`);
}

function describeCheck({ manifest, events, streams, hash, customerKeys, keysOpened }: BackupCheck): string {
  const { present, destroyed } = customerKeys;
  return [
    `Backup of ${lowerFirst(manifest.of)}, ${manifest.completedAt === null ? 'not finished' : `made ${manifest.completedAt}, up to position ${String(manifest.position)}`}`,
    `${events} events in ${streams} streams, SHA-256 ${hash}`,
    `${present} customer keys and ${destroyed} destroyed ones, ${keysOpened ? 'each opened with the master key' : 'counted but not opened: no master key at hand opens them'}`,
    manifest.masterKeyIncluded ? 'The master key is in it.' : 'The master key is not in it.',
  ].join('\n');
}

function lowerFirst(text: string): string {
  return text.replace(/^The /, 'the ');
}
