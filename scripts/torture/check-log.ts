// Holds the log of a data directory, opened beside no server, against the ledger: all that was promised, nothing twice.
// Opening it verifies every checksum; the rows of every projection are then compared with a fold of the log from its beginning.
import { join } from 'node:path';
import { orderStream } from '@app/domain';
import { DataDirectory, EmbeddedEventStore } from '@app/event-store';
import type { Recorded } from '@app/kernel';
import { EmbeddedReadModels } from '@app/read-models';
import { LocalSignals, ProjectionRunner, SystemClock } from '@app/runtime';
import { PROJECTIONS } from '@app/wiring';
import type { Ledger } from './ledger';

interface OrderInLog {
  numbers: Set<string>;
  /** Events of a type. */
  types: Map<string, number>;
  holdReasons: string[];
}

/** Adds to `ledger.broken` whatever does not hold; answers the number of events about orders. */
export async function checkLog(directory: string, ledger: Ledger): Promise<number> {
  const clock = new SystemClock();
  const owned = DataDirectory.own(directory, { startedAt: clock.now() });
  const log = await EmbeddedEventStore.open({ directory: owned, clock, signals: new LocalSignals() });
  const orders = new Map<string, OrderInLog>();
  let events = 0;
  for await (const batch of log.subscribe({ categories: ['order'], signal: new AbortController().signal })) {
    for (const event of batch.events) take(orders, event);
    events += batch.events.length;
    if (batch.live) break;
  }
  compare(orders, ledger);
  await checkProjections(directory, log, ledger);
  await log.close();
  owned.release();
  return events;
}

async function checkProjections(directory: string, log: EmbeddedEventStore, { broken }: Ledger): Promise<void> {
  const store = EmbeddedReadModels.open(join(directory, 'read-models.db'));
  const logger = { info: () => undefined, warn: () => undefined, error: (details: unknown, text: string) => void broken.push(`${text} ${JSON.stringify(details)}`) };
  const runner = new ProjectionRunner({ log, store, signals: new LocalSignals(), clock: new SystemClock(), projections: PROJECTIONS, logger });
  const found = await runner.verify(PROJECTIONS.map(({ name }) => name), { by: 'torture', reason: null });
  for (const [name, { differences, first }] of Object.entries(found)) {
    if (differences > 0) broken.push(`${name} differs from a fold of the log in ${differences} rows, first ${JSON.stringify(first)}`);
  }
  await runner.stop();
  await store.close();
}

function take(orders: Map<string, OrderInLog>, { stream, type, data }: Recorded): void {
  let order = orders.get(stream);
  if (order === undefined) orders.set(stream, (order = { numbers: new Set(), types: new Map(), holdReasons: [] }));
  const { orderNumber, hold } = data as { orderNumber?: string | null; hold?: { reason: string } };
  if (typeof orderNumber === 'string') order.numbers.add(orderNumber);
  order.types.set(type, (order.types.get(type) ?? 0) + 1);
  if (hold !== undefined) order.holdReasons.push(hold.reason);
}

function compare(orders: ReadonlyMap<string, OrderInLog>, { entries, holds, broken }: Ledger): void {
  for (const { externalId, eventType, acknowledged, orderNumber } of entries) {
    const order = orders.get(orderStream('WS', externalId));
    const count = order?.types.get(eventType) ?? 0;
    // A fact whose order never came stays set aside.
    const isSetAside = count === 0 && order?.types.has('OrderPlaced') !== true && (order?.types.has('FactSetAside') ?? false);
    if (acknowledged && count !== 1 && !isSetAside) broken.push(`${eventType} of ${externalId} was acknowledged and is there ${count} times`);
    if (!acknowledged && count > 1) broken.push(`${eventType} of ${externalId} is there ${count} times`);
    if (acknowledged && orderNumber !== null && order !== undefined && order.numbers.size > 0 && !order.numbers.has(orderNumber)) {
      broken.push(`${externalId} was answered as ${orderNumber} and is ${[...order.numbers].join()}`);
    }
  }
  const streamOf = new Map<string, string>();
  for (const [stream, { numbers }] of orders) {
    if (numbers.size > 1) broken.push(`${stream} has the numbers ${[...numbers].join()}`);
    for (const number of numbers) {
      const other = streamOf.get(number);
      if (other !== undefined) broken.push(`${number} is of ${other} and of ${stream}`);
      streamOf.set(number, stream);
    }
  }
  const sent = new Set(entries.map(({ externalId }) => orderStream('WS', externalId)));
  for (const stream of orders.keys()) if (!sent.has(stream)) broken.push(`${stream} was never sent`);
  for (const { externalId, reason, acknowledged } of holds) {
    const count = orders.get(orderStream('WS', externalId))?.holdReasons.filter((found) => found === reason).length ?? 0;
    if (count > 1 || (acknowledged && count !== 1)) broken.push(`"${reason}" on ${externalId} is there ${count} times${acknowledged ? ' and was acknowledged' : ''}`);
  }
}
