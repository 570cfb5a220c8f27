// The limit of a stream of orders: the embedded store's durable append alone, or SQLite alone, with events of the product's number and size.
// No parsing, no decision, no sealing, no HTTP; the text is made before the clock starts.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirectory, EmbeddedEventStore } from '@app/event-store';
import type { NewEvent } from '@app/kernel';
import { LocalSignals, SystemClock } from '@app/runtime';
import { openDatabase } from '@app/sqlite';
import { orderOf } from './generate';
import { input } from './processes';

export interface RawInput {
  engine: 'store' | 'sqlite';
  seed: number;
  orders: number;
  /** As the product's log shows after the same orders. */
  eventsPerOrder: number;
  bodyBytes: number;
}

const APPENDS_AT_ONCE = 2_000;
const ROWS_A_TRANSACTION = 1_000;
const FRAME_BYTES = 20;

function eventsOf({ seed, orders, eventsPerOrder, bodyBytes }: RawInput): NewEvent[][] {
  const meta = { occurredAt: '2026-01-09T00:00:00.000Z', actor: 'bench', actorRole: 'integration', commandId: 'bench', correlationId: 'bench' };
  const dataBytes = Math.max(0, bodyBytes - JSON.stringify(meta).length - FRAME_BYTES);
  let made = 0;
  return Array.from({ length: orders }, (_, index) => {
    const text = JSON.stringify(orderOf(seed, index)).replaceAll('"', "'").padEnd(dataBytes, '.').slice(0, dataBytes);
    const count = Math.max(1, Math.round((index + 1) * eventsPerOrder) - made);
    made += count;
    return Array.from({ length: count }, (__, place) => ({ id: uuid(index, place), type: 'OrderPlaced', version: 1, data: text, meta }));
  });
}

function uuid(index: number, place: number): string {
  return `${index.toString(16).padStart(8, '0')}-0000-4000-8000-${place.toString(16).padStart(12, '0')}`;
}

async function throughTheStore(directory: string, batches: readonly (readonly NewEvent[])[]): Promise<number> {
  const clock = new SystemClock();
  const owned = DataDirectory.own(directory, { startedAt: clock.now() });
  const signals = new LocalSignals();
  const store = await EmbeddedEventStore.open({ directory: owned, clock, signals });
  const started = performance.now();
  for (let first = 0; first < batches.length; first += APPENDS_AT_ONCE) {
    await Promise.all(batches.slice(first, first + APPENDS_AT_ONCE).map((events, place) => store.append(`order-WS.${first + place}`, 'none', events)));
  }
  const seconds = (performance.now() - started) / 1000;
  await store.close();
  owned.release();
  return seconds;
}

function throughSqlite(directory: string, batches: readonly (readonly NewEvent[])[]): number {
  const database = openDatabase(join(directory, 'plain.db'), { synchronous: 'full' });
  database.exec('CREATE TABLE events (position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, revision INTEGER NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL) STRICT');
  database.exec('CREATE UNIQUE INDEX events_by_stream ON events (stream, revision)');
  const insert = database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?)');
  const started = performance.now();
  let position = 0;
  for (let first = 0; first < batches.length; first += ROWS_A_TRANSACTION) {
    database.transaction(() => {
      batches.slice(first, first + ROWS_A_TRANSACTION).forEach((events, place) => {
        events.forEach(({ id, data, meta }, revision) => insert.run(++position, first + place, revision, id, JSON.stringify({ data, meta })));
      });
    });
  }
  const seconds = (performance.now() - started) / 1000;
  database.close();
  return seconds;
}

async function main(raw: RawInput): Promise<void> {
  const batches = eventsOf(raw);
  const directory = await mkdtemp(join(tmpdir(), 'ordertrail-raw-'));
  try {
    const seconds = raw.engine === 'store' ? await throughTheStore(directory, batches) : throughSqlite(directory, batches);
    process.stdout.write(`${JSON.stringify({ perSecond: raw.orders / seconds })}\n`);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

void main(input<RawInput>());
