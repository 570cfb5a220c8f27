// The product's own server with one resolver more: the same document, by the same way through guard, schema and serialisation,
// but from memory instead of the store. What the two answer is compared before anything is measured.
import { Inject } from '@nestjs/common';
import { Args, Context, ID, Info, Query, Resolver } from '@nestjs/graphql';
import { openOrderTrail, readConfig } from '@app/wiring';
import type { GraphQLResolveInfo } from 'graphql';
import { Allow, ORDER_READERS } from '../../apps/api/src/access/caller';
import { RESOLVERS } from '../../apps/api/src/api.module';
import { createApp } from '../../apps/api/src/create-app';
import type { RequestContext } from '../../apps/api/src/graphql/request-context';
import { OrderReader } from '../../apps/api/src/orders/order-reader';
import { OrderType } from '../../apps/api/src/orders/orders.types';

const held = new Map<string, OrderType | null>();

@Resolver()
class HeldOrderResolver {
  constructor(@Inject(OrderReader) private readonly orders: OrderReader) {}

  @Query(() => OrderType, { nullable: true })
  @Allow(ORDER_READERS)
  async heldOrder(@Args('orderNumber', { type: () => ID }) orderNumber: string, @Context() context: RequestContext, @Info() info: GraphQLResolveInfo): Promise<OrderType | null> {
    const known = held.get(orderNumber);
    if (known !== undefined) return known;
    const found = await this.orders.byNumber(orderNumber);
    const document = found === undefined ? null : await this.orders.present(found, this.orders.view(context.caller!, info));
    held.set(orderNumber, document);
    return document;
  }
}

async function main(): Promise<void> {
  (RESOLVERS as unknown[]).push(HeldOrderResolver);
  const app = await createApp(await openOrderTrail(readConfig()));
  process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
  await app.start();
}

void main();
