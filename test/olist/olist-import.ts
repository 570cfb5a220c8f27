// One import of the Olist folder into a data directory,
// the same for the test and for the child process that the test kills.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ImportReport, IntakeSink, runImport } from '@app/import';
import { openOrderTrail, type OrderTrail, readConfig } from '@app/wiring';

export const OLIST = resolve(__dirname, '../../../shared/data/olist-4000');
const MAPPING = readFileSync(join(__dirname, 'olist.mapping.json'), 'utf8');
const OMITS = (JSON.parse(MAPPING) as { omits: string[] }).omits;

export function openStores(dataDirectory: string): Promise<OrderTrail> {
  return openOrderTrail({ ...readConfig({ ORDERTRAIL_DATA: dataDirectory, ORDERTRAIL_LOG_LEVEL: 'silent' }), port: 0 });
}

/** `sent` is told of the items acknowledged so far. */
export function importOlist({ intake, config }: OrderTrail, workFolder: string, sent: (count: number) => void = () => {}): Promise<ImportReport> {
  const sink = new IntakeSink(intake, { system: 'WS', actor: { id: 'import', role: 'ops' }, history: true, omits: OMITS });
  return runImport({
    folder: OLIST,
    mapping: MAPPING,
    history: true,
    sink,
    workFolder,
    alone: true,
    target: config.dataDirectory,
    resume: true,
    nowMs: () => Date.now(),
    progress: state => sent(state.sent),
  });
}
