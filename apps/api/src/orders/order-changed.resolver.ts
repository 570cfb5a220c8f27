// Tells subscribers of orders that changed: the order as its row is now, once for changes that come faster than they read.
// What waits for a slow reader is a bounded set of names, never a queue of orders; a token that expires ends it.
import { orderStatus } from '@app/projections';
import { ORDERTRAIL, type OrderTrail } from '@app/wiring';
import { Inject } from '@nestjs/common';
import { Args, Context, ID, Info, Resolver, Subscription } from '@nestjs/graphql';
import { GraphQLError, type GraphQLResolveInfo } from 'graphql';
import { Allow, type Caller, ORDER_READERS } from '../access/caller';
import type { RequestContext } from '../graphql/request-context';
import { notFound, unauthenticated, unavailable } from '../rejection.presenter';
import { OrderReader } from './order-reader';
import { OrderType } from './orders.types';

const WAITING_KEYS_MAX = 10_000;

@Resolver()
export class OrderChangedResolver {
  constructor(
    @Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail,
    private readonly orders: OrderReader,
  ) {}

  @Subscription(() => OrderType)
  @Allow(ORDER_READERS)
  async orderChanged(@Args('orderNumber', { type: () => ID, nullable: true }) orderNumber: string | null, @Context() context: RequestContext, @Info() info: GraphQLResolveInfo): Promise<AsyncIterable<{ orderChanged: OrderType }>> {
    const caller = context.caller!;
    this.admit(caller);
    const only = orderNumber == null ? undefined : await this.orders.streamOf(orderNumber).catch((error: unknown) => this.hide(error));
    if (orderNumber != null && only === undefined) throw notFound(`There is no order ${orderNumber}.`);
    return this.changes(only, caller, info);
  }

  /** The connection was admitted once; its token may have expired since. */
  private admit(caller: Caller): void {
    if (caller.expiresAt * 1000 <= Date.parse(this.orderTrail.clock.now())) throw unauthenticated('The token has expired.');
  }

  /** What is thrown here goes over the connection as it is: a fault stays in the log. */
  private hide(error: unknown): never {
    if (error instanceof GraphQLError) throw error;
    this.orderTrail.logger.error({ err: error }, 'a subscription failed');
    throw unavailable('Changes cannot be told now. Subscribe again.');
  }

  private changes(only: string | undefined, caller: Caller, info: GraphQLResolveInfo): AsyncIterable<{ orderChanged: OrderType }> {
    const changed = new ChangedKeys(only);
    const unsubscribe = this.orderTrail.signals.subscribe('projected', ({ projection, keys, keysLeftOut }) => {
      if (projection !== orderStatus.name) return;
      changed.add(keys);
      if (keysLeftOut === true) changed.addUnknown();
    });
    const next = async (): Promise<IteratorResult<{ orderChanged: OrderType }>> => {
      for (;;) {
        const key = await changed.take();
        if (key === undefined) return { done: true, value: undefined };
        this.admit(caller);
        const found = await this.orders.byStream(key);
        if (found !== undefined) return { done: false, value: { orderChanged: await this.orders.present(found, this.orders.view(caller, info)) } };
      }
    };
    const end = (): Promise<IteratorResult<{ orderChanged: OrderType }>> => {
      unsubscribe();
      changed.end();
      return Promise.resolve({ done: true, value: undefined });
    };
    const failing = async (error: unknown): Promise<never> => {
      await end();
      return this.hide(error);
    };
    const iterator: AsyncIterator<{ orderChanged: OrderType }> & AsyncIterable<{ orderChanged: OrderType }> = {
      next: () => next().catch(failing),
      return: end,
      throw: failing,
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }
}

/** Names of rows that changed and were not told yet, each once. */
class ChangedKeys {
  private readonly waiting = new Set<string>();
  private wake: () => void = () => undefined;
  private ended = false;
  private overrun = false;

  constructor(private readonly only: string | undefined) {}

  add(keys: readonly string[]): void {
    for (const key of keys) {
      if (this.only !== undefined && key !== this.only) continue;
      if (this.waiting.size < WAITING_KEYS_MAX) this.waiting.add(key);
      else this.overrun = true;
    }
    this.wake();
  }

  /** Others have changed, and nobody says which: one order is looked at again, of all of them the reader must look again. */
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
      if (this.overrun) throw unavailable('More orders have changed than this subscription can tell. Look again, and subscribe again.');
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
