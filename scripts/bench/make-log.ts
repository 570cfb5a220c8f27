// Grows the log of a data directory to so many orders, laid out by time: the events of an order lie far apart, as they do in life.
// The first orders went through the product itself; each further one has the history of one of them, with its own ids, numbers and days.
import { DataDirectory, EmbeddedEventStore } from '@app/event-store';
import type { NewEvent, Recorded } from '@app/kernel';
import { LocalSignals, SystemClock } from '@app/runtime';
import { orderStream } from '@app/domain';
import { externalIdOf } from './generate';
import { input } from './processes';

interface Input {
  directory: string;
  seed: number;
  /** Orders that the product took. */
  templates: number;
  /** Orders there must be in the end. */
  orders: number;
  /** So many other orders come between one event of an order and its next; null: `GAP_SHARE`. */
  gap: number | null;
}

const APPENDS_AT_ONCE = 2_000;
/** Of all orders, so many come between one event of an order and its next. */
const GAP_SHARE = 0.05;
const DAY_MS = 86_400_000;

interface Template {
  externalId: string;
  orderNumber: string;
  /** JSON of each event. */
  events: readonly string[];
}

async function templatesOf(store: EmbeddedEventStore, seed: number, count: number): Promise<Template[]> {
  const templates: Template[] = [];
  for (let index = 0; index < count; index++) {
    const externalId = externalIdOf(seed, index);
    const events = await store.read(orderStream('WS', externalId));
    const orderNumber = events.map(({ data }) => (data as { orderNumber?: string }).orderNumber).find((number) => number !== undefined);
    if (orderNumber === undefined) throw new Error(`the product has no order ${externalId}`);
    templates.push({ externalId, orderNumber, events: events.map((event) => JSON.stringify(newEventOf(event))) });
  }
  return templates;
}

function newEventOf({ id, type, version, data, meta }: Recorded): NewEvent {
  return { id, type, version, data, meta };
}

/** The event of another order with the same history, so many days later. */
function cloneOf(template: Template, place: number, index: number, externalId: string, days: number): NewEvent {
  const number = template.orderNumber;
  const laterNumber = `${number.slice(0, 2)}${shifted(`${number.slice(2, 6)}-${number.slice(6, 8)}-${number.slice(8, 10)}`, days).replaceAll('-', '')}${number.slice(10)}`;
  const text = template.events[place]!.replaceAll(template.externalId, externalId)
    .replaceAll(number, laterNumber)
    .replace(/(\d{4}-\d{2}-\d{2})T/g, (_, day: string) => `${shifted(day, days)}T`);
  return { ...(JSON.parse(text) as NewEvent), id: `${index.toString(16).padStart(8, '0')}-0000-4000-8000-${place.toString(16).padStart(12, '0')}` };
}

const dayShifts = new Map<string, string>();

function shifted(day: string, days: number): string {
  const key = `${day}+${days}`;
  let result = dayShifts.get(key);
  if (result === undefined) {
    result = new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
    dayShifts.set(key, result);
  }
  return result;
}

async function main({ directory, seed, templates: count, orders, gap: given }: Input): Promise<void> {
  const clock = new SystemClock();
  const owned = DataDirectory.own(directory, { startedAt: clock.now() });
  const store = await EmbeddedEventStore.open({ directory: owned, clock, signals: new LocalSignals() });
  const templates = await templatesOf(store, seed, count);
  const gap = given ?? Math.max(1, Math.floor(orders * GAP_SHARE));
  const longest = Math.max(...templates.map(({ events }) => events.length));
  let pending: Promise<unknown>[] = [];
  for (let step = count; step < orders + gap * (longest - 1); step++) {
    for (let place = 0; place < longest; place++) {
      const index = step - place * gap;
      const template = templates[index % count]!;
      if (index < count || index >= orders || place >= template.events.length) continue;
      const externalId = externalIdOf(seed, index);
      pending.push(taken(store.append(orderStream('WS', externalId), place === 0 ? 'none' : place - 1, [cloneOf(template, place, index, externalId, Math.floor(index / count))])));
    }
    if (pending.length < APPENDS_AT_ONCE) continue;
    await Promise.all(pending);
    pending = [];
  }
  await Promise.all(pending);
  const events = Number(await store.end());
  await store.close();
  owned.release();
  process.stdout.write(`${JSON.stringify({ events })}\n`);
}

async function taken(append: ReturnType<EmbeddedEventStore['append']>): Promise<void> {
  const result = await append;
  if (result.outcome !== 'appended') throw new Error('the log holds this order already');
}

void main(input<Input>());
