// Who follows a log in tests of shared readings, each as slowly as they like,
// and a log that counts who reads it and breaks off when it is told to.
import type { Position } from '@app/kernel';
import type { EventReader, SubscribeOptions } from '@app/runtime';
import fc from 'fast-check';
import { MemoryLog } from './memory-log';

export const FOLLOWED_CATEGORIES = ['a', 'b', 'c'];
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class CountedLog extends MemoryLog {
  subscriptions = 0;
  /** Of all subscriptions that are open. */
  failing = new AbortController();

  breakOff(): void {
    const { failing } = this;
    this.failing = new AbortController();
    failing.abort();
  }

  override async *subscribe(options: SubscribeOptions): ReturnType<MemoryLog['subscribe']> {
    this.subscriptions += 1;
    const { failing } = this;
    for await (const batch of super.subscribe({ ...options, signal: AbortSignal.any([options.signal, failing.signal]) })) yield batch;
    if (failing.signal.aborted && !options.signal.aborted) throw new Error('the connection is gone');
  }
}

export const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await turn();
};

interface Follower {
  categories: string[];
  from: number;
  batchSize: number;
  /** Turns that each batch takes. */
  slowness: number;
  inBulk?: true;
}

export async function follow(log: EventReader, { categories, from, slowness, ...options }: Follower, signal: AbortSignal): Promise<{ seen: Position[]; positions: Position[]; live: boolean }> {
  const told = { seen: [] as Position[], positions: [] as Position[], live: false };
  for await (const { events, position, live } of log.subscribe({ after: String(from).padStart(16, '0'), categories, ...options, signal })) {
    expect(events.length).toBeLessThanOrEqual(options.batchSize);
    told.seen.push(...events.map((event) => event.position));
    told.positions.push(position);
    told.live = live;
    await turns(slowness);
  }
  return told;
}

export const followers = fc.array(
  fc.record({ categories: fc.subarray(FOLLOWED_CATEGORIES, { minLength: 1 }), from: fc.nat({ max: 30 }), batchSize: fc.integer({ min: 1, max: 7 }), slowness: fc.nat({ max: 6 }) }),
  { minLength: 1, maxLength: 5 },
);
