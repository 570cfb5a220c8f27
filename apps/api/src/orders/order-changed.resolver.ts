// Tells subscribers of orders that changed: the order as its row is now, once for changes that come faster than they read.
// Hints only name rows: what is told is read for each subscriber, as their role may see it.
import { orderStatus } from '@app/projections';
import { ORDERTRAIL } from '@app/nest';
import type { OrderTrail } from '@app/wiring';
import { Inject } from '@nestjs/common';
import { Args, Context, ID, Info, Resolver, Subscription } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { Allow, ORDER_READERS } from '../access/caller';
import type { RequestContext } from '../graphql/request-context';
import { rowChanges, stillAdmitted } from '../graphql/row-changes';
import { notFound } from '../rejection.presenter';
import { OrderReader } from './order-reader';
import { OrderType } from './orders.types';

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
    stillAdmitted(this.orderTrail, caller);
    const changes = rowChanges(this.orderTrail, {
      projection: orderStatus.name,
      caller,
      tell: async (key) => {
        const found = await this.orders.byStream(key);
        return found === undefined ? undefined : { orderChanged: await this.orders.present(found, this.orders.view(caller, info)) };
      },
    });
    if (orderNumber == null) return changes;
    const stream = await this.orders.streamOf(orderNumber).catch((error: unknown) => changes.throw(error));
    if (stream === undefined) return changes.throw(notFound(`There is no order ${orderNumber}.`));
    changes.narrowTo(stream);
    return changes;
  }
}
