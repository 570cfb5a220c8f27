// Steps of tests through the real client: events to write, everything a read gives, a subscription watched while it lives.
// Whatever is awaited has an end: a subscription that does not come so far fails with what it had.
import { jsonEvent, type AllStreamResolvedEvent, type AllStreamSubscription, type EventStoreDBClient, type JSONEventType, type RecordedEvent, type StreamSubscription } from '@eventstore/db-client';

export interface Position {
  commit: bigint;
  prepare: bigint;
}

const PATIENCE_MS = 15_000;

export function event(data: object = {}, metadata?: object, type = 'SomethingHappened') {
  return jsonEvent<JSONEventType<string, Record<string, unknown>, Record<string, unknown> | undefined>>({ type, data: { ...data }, ...(metadata === undefined ? {} : { metadata: { ...metadata } }) } as never);
}

export function events(count: number) {
  return Array.from({ length: count }, (_, number) => event({ number }));
}

/** Everything that a read gives, until it ends. */
export async function collected<Event extends RecordedEvent>(read: AsyncIterable<{ event?: Event }>): Promise<Event[]> {
  const all: Event[] = [];
  for await (const { event } of read) if (event !== undefined) all.push(event);
  return all;
}

/** Why a promise was refused; fails when it was not. */
export async function refusalOf(promise: Promise<unknown>): Promise<Error & { code?: number; type?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('It was not refused');
}

/** 0 where there is no such stream. */
export async function countOf(client: EventStoreDBClient, stream: string): Promise<number> {
  return (await collected(client.readStream(stream)).catch(() => [])).length;
}

/** As long as it takes the client to find its way back. */
export async function appended(client: EventStoreDBClient, stream: string, batch = events(1)): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    try {
      await client.appendToStream(stream, batch);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`Nothing could be appended to ${stream}`);
}

interface Live {
  events: NonNullable<AllStreamResolvedEvent['event']>[];
  errors: Error[];
  confirmed: boolean;
  caughtUp: boolean;
  ended: boolean;
  until(reached: () => boolean): Promise<void>;
  stop(): Promise<void>;
}

/** Takes what a subscription gives as it comes. */
export function live(subscription: AllStreamSubscription | StreamSubscription): Live {
  const seen: Live = {
    events: [],
    errors: [],
    confirmed: false,
    caughtUp: false,
    ended: false,
    until: async (reached) => until(reached, () => `${seen.events.length} events, errors: ${seen.errors.map(String).join() || 'none'}`),
    stop: async () => subscription.unsubscribe(),
  };
  subscription
    .on('data', ({ event }: { event?: unknown }) => event !== undefined && seen.events.push(event as Live['events'][number]))
    .on('error', (error: Error) => seen.errors.push(error))
    .on('confirmation', () => (seen.confirmed = true))
    .on('caughtUp', () => (seen.caughtUp = true))
    .on('close', () => (seen.ended = true));
  return seen;
}

export async function until(reached: () => boolean, state: () => string = () => ''): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!reached()) {
    if (performance.now() > deadline) throw new Error(`Not reached in ${PATIENCE_MS} ms: ${reached.toString()} ${state()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
