// What every journey ends with, whichever stores it ran on and whatever was cut on the way: all that was acknowledged is in the log,
// once, and the rows of every projection are what a plain fold of that log gives.
import { orderStream } from '@app/domain';
import type { Recorded } from '@app/kernel';
import { CATEGORIES, type OrderTrail, PROJECTIONS } from '@app/wiring';
import { plainFold } from '@test/dsl';

export interface Acknowledged {
  /** Orders that were answered as new. */
  orders: { platform: string; externalId: string }[];
  /** Of everything that was written. */
  positions: Set<string>;
}

const PATIENCE_MS = 30_000;
/** Until nothing was written meanwhile. */
const LOOKS_MAX = 50;
const PAGE_ROWS = 500;

export async function expectNothingLostOrDoubled(orderTrail: OrderTrail, { orders, positions }: Acknowledged): Promise<void> {
  const { log, rows } = await atRest(orderTrail);
  const known = new Set(log.map(({ position }) => position)).add(orderTrail.eventStore.origin);
  expect([...positions].filter((position) => !known.has(position))).toEqual([]);
  expect(doubled(log)).toEqual([]);
  const placed = orders.map(({ platform, externalId }) => [externalId, count(log, orderStream(platform, externalId), 'OrderPlaced')]);
  expect(placed).toEqual(orders.map(({ externalId }) => [externalId, 1]));

  for (const projection of PROJECTIONS) {
    const events = log.filter(({ stream, type }) => projection.reads[stream.slice(0, stream.indexOf('-'))]?.includes(type));
    expect([projection.name, rows[projection.name]]).toEqual([projection.name, plainFold(projection, structuredClone(events))]);
  }
}

/** Policies may still be writing: the log and what every projection made of exactly that. */
async function atRest(orderTrail: OrderTrail): Promise<{ log: Recorded[]; rows: Awaited<ReturnType<typeof rowsOfAll>> }> {
  for (let look = 0; ; look++) {
    const log = await everything(orderTrail);
    const { position } = log.at(-1)!;
    expect(await orderTrail.monitor.waitFor(PROJECTIONS.map(({ name }) => name), position, PATIENCE_MS)).toBe(true);
    const rows = await rowsOfAll(orderTrail);
    if ((await orderTrail.eventStore.end()) === position) return { log, rows };
    expect(look).toBeLessThan(LOOKS_MAX);
  }
}

/** Read anew from the beginning. */
async function everything({ eventStore }: OrderTrail): Promise<Recorded[]> {
  const enough = new AbortController();
  const log: Recorded[] = [];
  for await (const { events, live } of eventStore.subscribe({ categories: CATEGORIES, signal: enough.signal })) {
    log.push(...events);
    if (live) break;
  }
  enough.abort();
  return log;
}

/** Positions and revisions rise without a gap, no id comes twice, and what one command made stands together: it was executed once. */
function doubled(log: readonly Recorded[]): string[] {
  const found: string[] = [];
  const ids = new Set<string>();
  const streams = new Map<string, { revision: number; commandId: string; commandIds: Set<string> }>();
  let before = '';
  for (const { id, stream, revision, position, type, meta } of log) {
    const last = streams.get(stream) ?? { revision: -1, commandId: '', commandIds: new Set<string>() };
    if (position <= before) found.push(`${type} of ${stream} at ${position} comes after ${before}`);
    if (ids.has(id)) found.push(`${type} of ${stream} has the id ${id} of another`);
    if (revision !== last.revision + 1) found.push(`${stream} has ${revision} after ${last.revision}`);
    if (meta.commandId !== last.commandId && last.commandIds.has(meta.commandId)) found.push(`${stream} has the command ${meta.commandId} again with ${type} at ${revision}`);
    before = position;
    ids.add(id);
    last.commandIds.add(meta.commandId);
    streams.set(stream, { revision, commandId: meta.commandId, commandIds: last.commandIds });
  }
  return found;
}

function count(log: readonly Recorded[], stream: string, type: string): number {
  return log.filter((event) => event.stream === stream && event.type === type).length;
}

/** By projection and key. */
export async function rowsOfAll(orderTrail: OrderTrail): Promise<Record<string, Record<string, unknown>>> {
  const all: Record<string, Record<string, unknown>> = {};
  for (const { name } of PROJECTIONS) all[name] = await rowsOf(orderTrail, name);
  return all;
}

async function rowsOf({ rows }: OrderTrail, projection: string): Promise<Record<string, unknown>> {
  const found: [string, unknown][] = [];
  for (let after: string | undefined; ; ) {
    const page = await rows.find(projection, { limit: PAGE_ROWS, ...(after === undefined ? {} : { after }) });
    found.push(...page.rows.map(({ key, row }): [string, unknown] => [key, row]));
    if (!page.hasMore) return Object.fromEntries(found);
    after = page.rows.at(-1)!.cursor;
  }
}
