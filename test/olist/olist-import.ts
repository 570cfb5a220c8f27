// One import of the Olist folder into a data directory,
// the same for the test and for the child process that the test kills.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ImportItem, type ImportReport, type ImportSink, IntakeSink, runImport } from '@app/import';
import { openOrderTrail, type OrderTrail, readConfig } from '@app/wiring';

export const OLIST = resolve(__dirname, '../../../shared/data/olist-4000');
const MAPPING = readFileSync(join(__dirname, 'olist.mapping.json'), 'utf8');
const OMITS = (JSON.parse(MAPPING) as { omits: string[] }).omits;

const PASSED_OVER = { externalId: null, orderNumber: null, outcome: 'DUPLICATE', errors: [] };
/** Of the first digit of an order's id: an even part of the orders, with all that belongs to them. */
export const A_QUARTER = /^[0-3]/;

export function openStores(dataDirectory: string): Promise<OrderTrail> {
  return openOrderTrail({ ...readConfig({ ORDERTRAIL_DATA: dataDirectory, ORDERTRAIL_LOG_LEVEL: 'silent' }), port: 0 });
}

/** `sent` is told of the items acknowledged so far; `ids`: the orders that are meant, others are passed over as if they were there already. */
export function importOlist({ intake, config }: OrderTrail, workFolder: string, { sent = () => undefined, ids = /^/ }: { sent?: (count: number) => void; ids?: RegExp } = {}): Promise<ImportReport> {
  const taker = new IntakeSink(intake, { system: 'WS', actor: { id: 'import', role: 'ops' }, history: true, omits: OMITS });
  const isMeant = ({ payload }: ImportItem): boolean => ids.test((payload as { externalId: string }).externalId);
  const sink: ImportSink = {
    async take(items) {
      const outcomes = [...(await taker.take(items.filter(isMeant)))];
      return items.map(item => (isMeant(item) ? outcomes.shift()! : PASSED_OVER));
    },
    close: () => taker.close(),
  };
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
