// A data directory with the log of so many orders, each with its six or so events, laid out by time.
// The first ones go through the product over HTTP; the others have their histories (see make-log).
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Topic } from './generate';
import { report, withServer } from './processes';

/** How far the events of an order lie apart. */
interface LogLayout {
  /** So many orders at most go through the product, all of one topic before the next. */
  templatesMax: number;
  /** So many other orders come between one event of an order and its next; left out, a twentieth of all. */
  gap?: number;
}

const FAR_APART: LogLayout = { templatesMax: 10_000 };
/** Half a day of a company that takes a thousand orders a day. */
export const AS_IN_LIFE: LogLayout = { templatesMax: 500, gap: 500 };
const TOPICS: readonly Topic[] = ['orders', 'payments', 'fulfilment', 'tracking', 'settlements'];
/** An order, its review and the facts about it, on average (see generate). */
export const EVENTS_PER_ORDER = 6.26;

/** Answers the number of events. Rows of read models are taken away where the log has grown past them: building them anew is faster than following. */
export async function prepareLog(directory: string, seed: number, orders: number, { templatesMax, gap }: LogLayout = FAR_APART): Promise<number> {
  const templates = Math.min(orders, templatesMax);
  await withServer(directory, async ({ url, token }) => {
    for (const topic of TOPICS) await report('post-ndjson.js', { url, token, seed, topic, orders: templates });
  });
  const { events } = await report<{ events: number }>('make-log.js', { directory, seed, templates, orders, gap: gap ?? null });
  if (orders > templates) for (const suffix of ['', '-wal', '-shm']) await rm(`${join(directory, 'read-models.db')}${suffix}`, { force: true });
  return events;
}

/** The directory with such a log, made where it is not there yet. */
export async function preparedOnce(directory: string, seed: number, orders: number): Promise<string> {
  if (existsSync(directory)) return directory;
  const unfinished = `${directory}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await prepareLog(unfinished, seed, orders);
  await rename(unfinished, directory);
  return directory;
}
