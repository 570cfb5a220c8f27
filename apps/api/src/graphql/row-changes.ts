// Tells subscribers of rows that changed: each as it is now, once for changes that come faster than they read.
// What waits for a slow reader is a bounded set of names, never a queue of rows; a token that expires ends it.
import type { OrderTrail } from '@app/wiring';
import { GraphQLError } from 'graphql';
import type { Caller } from '../access/caller';
import { logFault } from '../operations/logging';
import { unauthenticated, unavailable } from '../rejection.presenter';

const WAITING_KEYS_MAX = 10_000;

interface Telling<Told> {
  /** Whose rows. */
  projection: string;
  caller: Caller;
  /** What is told of a row; undefined: nothing. */
  tell: (key: string) => Promise<Told | undefined>;
}

interface Changes<Told> extends AsyncIterator<Told>, AsyncIterable<Told> {
  /** Ends it, and throws what may be told of the error. */
  throw(error: unknown): Promise<never>;
  /** From here on about one row, also of what has been heard since the beginning: whoever must first look which row it is misses nothing meanwhile. */
  narrowTo(key: string): void;
}

/** The connection was admitted once; its token may have expired since. */
export function stillAdmitted({ clock }: Pick<OrderTrail, 'clock'>, caller: Caller): void {
  if (caller.expiresAt * 1000 <= Date.parse(clock.now())) throw unauthenticated('The token has expired.');
}

/** What a subscription throws goes over the connection as it is: a fault stays in the log. */
function hideFault({ logger }: Pick<OrderTrail, 'logger'>, error: unknown): never {
  if (error instanceof GraphQLError) throw error;
  logFault(logger, error, 'a subscription failed');
  throw unavailable('Changes cannot be told now. Subscribe again.');
}

export function rowChanges<Told>(orderTrail: Pick<OrderTrail, 'signals' | 'clock' | 'logger'>, { projection, caller, tell }: Telling<Told>): Changes<Told> {
  const changed = new ChangedKeys();
  const unsubscribe = orderTrail.signals.subscribe('projected', (hint) => {
    if (hint.projection !== projection) return;
    changed.add(hint.keys);
    if (hint.keysLeftOut === true) changed.addUnknown();
  });
  const next = async (): Promise<IteratorResult<Told>> => {
    for (;;) {
      const key = await changed.take();
      if (key === undefined) return { done: true, value: undefined };
      stillAdmitted(orderTrail, caller);
      const told = await tell(key);
      if (told !== undefined) return { done: false, value: told };
    }
  };
  const end = (): Promise<IteratorResult<Told>> => {
    unsubscribe();
    changed.end();
    return Promise.resolve({ done: true, value: undefined });
  };
  const failing = async (error: unknown): Promise<never> => {
    await end();
    return hideFault(orderTrail, error);
  };
  const iterator: Changes<Told> = {
    next: () => next().catch(failing),
    return: end,
    throw: failing,
    narrowTo: (key) => changed.narrowTo(key),
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}

/** Names of rows that changed and were not told yet, each once. */
class ChangedKeys {
  private readonly waiting = new Set<string>();
  private wake: () => void = () => undefined;
  private ended = false;
  private overrun = false;
  private only: string | undefined;

  narrowTo(key: string): void {
    this.only = key;
    const concerned = this.overrun || this.waiting.has(key);
    this.waiting.clear();
    this.overrun = false;
    if (concerned) this.waiting.add(key);
  }

  add(keys: readonly string[]): void {
    for (const key of keys) {
      if (this.only !== undefined && key !== this.only) continue;
      if (this.waiting.size < WAITING_KEYS_MAX) this.waiting.add(key);
      else this.overrun = true;
    }
    this.wake();
  }

  /** Others have changed, and nobody says which: one row is looked at again, of all of them the reader must look again. */
  addUnknown(): void {
    if (this.only === undefined) this.overrun = true;
    else this.waiting.add(this.only);
    this.wake();
  }

  end(): void {
    this.ended = true;
    this.waiting.clear();
    this.wake();
  }

  /** The next one; undefined at the end. Throws when more has changed than is kept: the reader must look again for itself. */
  async take(): Promise<string | undefined> {
    while (!this.ended) {
      if (this.overrun) throw unavailable('More has changed than this subscription can tell. Look again, and subscribe again.');
      const [key] = this.waiting;
      if (key !== undefined) {
        this.waiting.delete(key);
        return key;
      }
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    return undefined;
  }
}
