// Subscribers hear of every change, or that there were changes which nobody can name.
import { orderStatus } from '@app/projections';
import { LocalSignals, type SignalTopics, SystemClock } from '@app/runtime';
import type { OrderTrail } from '@app/wiring';
import type { GraphQLResolveInfo } from 'graphql';
import type { RequestContext } from '../graphql/request-context';
import { OrderChangedResolver } from './order-changed.resolver';
import type { OrderReader } from './order-reader';

describe('a subscription to orders', () => {
  const signals = new LocalSignals();
  let lookUp = Promise.resolve();
  const orders = {
    streamOf: (number: string) => lookUp.then(() => (number === 'none' ? undefined : `order-${number}`)),
    byStream: (stream: string) => Promise.resolve({ stream }),
    view: () => ({}),
    present: (found: object) => Promise.resolve(found),
  } as unknown as OrderReader;
  const resolver = new OrderChangedResolver({ signals, clock: new SystemClock(), logger: { error: () => undefined } } as unknown as OrderTrail, orders);
  const changes = async (orderNumber: string | null) => {
    const context = { caller: { expiresAt: Number.MAX_SAFE_INTEGER } } as unknown as RequestContext;
    return (await resolver.orderChanged(orderNumber, context, {} as GraphQLResolveInfo))[Symbol.asyncIterator]();
  };
  const hint = (more: Partial<SignalTopics['projected']>): void =>
    signals.publish('projected', { projection: orderStatus.name, position: '1', keys: [], live: true, events: 1, ...more });

  it('tells what changed', async () => {
    const all = await changes(null);
    hint({ keys: ['order-7'] });
    expect(await all.next()).toMatchObject({ value: { orderChanged: { stream: 'order-7' } } });
  });

  it('ends with a sentence where nobody says which orders have changed', async () => {
    const all = await changes(null);
    hint({ keysLeftOut: true, projection: 'another' });
    hint({ keysLeftOut: true });
    await expect(all.next()).rejects.toThrow('subscribe again');
  });

  it('looks again at the one order that it is about', async () => {
    const one = await changes('7');
    hint({ keysLeftOut: true });
    expect(await one.next()).toMatchObject({ value: { orderChanged: { stream: 'order-7' } } });
  });

  it.each([
    ['names it', { keys: ['order-6', 'order-7'] }],
    ['leaves it unnamed', { keysLeftOut: true as const }],
  ])('tells what changes while it still looks which order that is: the hint %s', async (_, told) => {
    let found = (): void => undefined;
    lookUp = new Promise((resolve) => (found = resolve));
    const subscribing = changes('7');
    hint(told);
    found();
    const one = await subscribing;
    expect(await one.next()).toMatchObject({ value: { orderChanged: { stream: 'order-7' } } });
    hint({ keys: ['order-6'] });
    hint({ keys: ['order-7'] });
    expect(await one.next()).toMatchObject({ value: { orderChanged: { stream: 'order-7' } } });
  });

  it('of an order that is not there ends with a sentence', () => expect(changes('none')).rejects.toThrow('There is no order none.'));
});
