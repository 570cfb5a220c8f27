// What mutations about one order have in common: executed once per key, answered with the order as of what was written.
// The answer is folded from the stream up to that revision, so asked again it is the same even when the order has moved on.
import { Injectable } from '@nestjs/common';
import type { GraphQLResolveInfo } from 'graphql';
import type { RequestContext } from '../graphql/request-context';
import { WrittenMutations } from '../graphql/written-mutations';
import { notFound } from '../rejection.presenter';
import { OrderReader } from './order-reader';
import type { OrderPayloadType } from './orders.types';

/** What is remembered of a mutation: where it was written, not what the client selects of it. */
interface WrittenOrder {
  position: string;
  stream: string;
  revision: number;
}

@Injectable()
export class OrderAnswers {
  constructor(
    private readonly orders: OrderReader,
    private readonly mutations: WrittenMutations,
  ) {}

  /** `write` is given the id of its command and the order's stream. Throws NOT_FOUND where there is no such order. */
  async give(orderNumber: string, context: RequestContext, info: GraphQLResolveInfo, write: (commandId: string, stream: string) => Promise<Omit<WrittenOrder, 'stream'>>): Promise<OrderPayloadType> {
    const written = await this.mutations.write(context, info, async (id): Promise<WrittenOrder> => {
      const stream = await this.orders.streamOf(orderNumber);
      if (stream === undefined) throw notFound(`There is no order ${orderNumber}.`);
      const { position, revision } = await write(id, stream);
      return { position, stream, revision };
    });
    const asOf = await this.orders.asOf(written.stream, written.revision);
    const view = this.orders.view(context.caller!, info, 'order.', asOf?.recordedAt);
    return { position: written.position, order: asOf === undefined ? null : await this.orders.present(asOf, view) };
  }
}
