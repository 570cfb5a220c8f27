// A data directory with a log of any length, customer keys and key files, made in a moment and without a server;
// what a copy must bring along is in it: instants of their own, an erased customer, streams of several categories.
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataDirectory, EmbeddedEventStore } from '@app/event-store';
import type { NewEvent } from '@app/kernel';
import { LocalSignals, SystemClock, SystemRandomness } from '@app/runtime';

interface Filling {
  events: number;
  /** Of the numbers of the orders: a second filling of the same directory takes another. */
  from?: number;
  /** In base64; made where it is missing. */
  masterKey?: string;
}

const EVENTS_AN_ORDER = 6;
/** Orders that are under way at a time, so that their events lie among each other's. */
const ORDERS_UNDER_WAY = 500;

function event(order: number, step: number): NewEvent {
  return {
    id: randomUUID(),
    type: step === 0 ? 'OrderPlaced' : 'OrderMoved',
    version: 1,
    data: { orderNumber: `WS${order}`, step, lines: [{ sku: `SKU-${order % 97}`, quantity: 1 + (order % 3), unitPrice: 3990 }], note: 'ü 您 😀 '.repeat(step * 4), amounts: { total: 0.1 + order, '10': 'ten' } },
    meta: { occurredAt: '2026-01-09T02:00:00.000Z', actor: 'WS', actorRole: 'integration', commandId: `${order}.${step}`, correlationId: `${order}`, ...(step > 0 ? { causationId: `${order}.${step - 1}` } : {}) },
  };
}

/** Appends to what is there. Nobody may have the directory open. */
export async function fillDirectory(path: string, { events, from = 0, masterKey }: Filling): Promise<void> {
  const clock = new SystemClock();
  const keys = join(path, 'keys');
  mkdirSync(keys, { recursive: true });
  const master = Buffer.from(keyFile(join(keys, 'master.key'), masterKey), 'base64');
  keyFile(join(keys, 'token.key'));
  const directory = DataDirectory.own(path, { startedAt: clock.now() });
  const store = await EmbeddedEventStore.open({ directory, clock, signals: new LocalSignals() });
  const vault = store.openKeyVault(master, new SystemRandomness());
  const appends: Promise<unknown>[] = [];
  for (let written = 0, round = 0; written < events; round++) {
    for (let step = 0; step < EVENTS_AN_ORDER; step++) {
      for (let at = 0; at < ORDERS_UNDER_WAY && written < events; at++, written++) {
        const order = from + round * ORDERS_UNDER_WAY + at;
        if (step === 0 && order % 10 === 0) await vault.adopt(`customer-${order}`, randomBytes(32));
        appends.push(store.appendRecorded(`order-WS.${order}`, step === 0 ? 'none' : step - 1, [{ ...event(order, step), recordedAt: new Date(Date.UTC(2026, 0, 9) + written * 37).toISOString() }]));
      }
      await Promise.all(appends.splice(0));
    }
  }
  await store.append(`sku-${from}`, 'none', [event(from, 0), event(from, 1)]);
  await vault.destroy(`customer-${from}`);
  await store.close();
  directory.release();
}

/** The key that is there, or this one from now on. */
function keyFile(path: string, given = randomBytes(32).toString('base64')): string {
  if (!existsSync(path)) writeFileSync(path, `${given}\n`, { mode: 0o600 });
  return readFileSync(path, 'utf8').trim();
}
