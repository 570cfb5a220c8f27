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
  const orders = {
    streamOf: (number: string) => Promise.resolve(`order-${number}`),
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
});
