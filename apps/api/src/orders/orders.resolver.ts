// Questions about orders. Who may ask is said beside each; what a role may see of people is masked by the presenter.
// Nothing is decided here.
import { Args, Context, ID, Info, Int, Query, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { Allow, ORDER_READERS } from '../access/caller';
import { connection, pageSize } from '../graphql/pages';
import type { RequestContext } from '../graphql/request-context';
import { selectedFields } from '../graphql/selected-fields';
import { checked } from '../graphql/validation';
import { countOrders, findOrders } from './order-search';
import { OrderReader } from './order-reader';
import { OrderFilterInput } from './orders.inputs';
import { OrderConnectionType, type OrderSort, OrderSortEnum, OrderType } from './orders.types';

@Resolver()
export class OrdersResolver {
  constructor(private readonly orders: OrderReader) {}

  @Query(() => OrderType, { nullable: true })
  @Allow(ORDER_READERS)
  async order(@Args('orderNumber', { type: () => ID }) orderNumber: string, @Context() context: RequestContext, @Info() info: GraphQLResolveInfo): Promise<OrderType | null> {
    const found = await this.orders.byNumber(orderNumber);
    return found === undefined ? null : this.orders.present(found, this.orders.view(context.caller!, info));
  }

  @Query(() => OrderType, { nullable: true })
  @Allow(ORDER_READERS)
  async orderByExternalId(
    @Args('platform', { type: () => String }) platform: string,
    @Args('externalId', { type: () => String }) externalId: string,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<OrderType | null> {
    const found = await this.orders.byExternalId(platform, externalId);
    return found === undefined ? null : this.orders.present(found, this.orders.view(context.caller!, info));
  }

  @Query(() => OrderConnectionType, { name: 'orders' })
  @Allow(ORDER_READERS)
  async list(
    @Args('filter', { type: () => OrderFilterInput, nullable: true }, checked(OrderFilterInput)) filter: OrderFilterInput | null,
    @Args('sort', { type: () => OrderSortEnum, nullable: true, defaultValue: 'PLACED_AT_DESC' }) sort: OrderSort | null,
    @Args('first', { type: () => Int, nullable: true, defaultValue: 50 }) first: number | null,
    @Args('after', { type: () => String, nullable: true }) after: string | null,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<OrderConnectionType> {
    const limit = pageSize(first);
    const view = this.orders.view(context.caller!, info, 'edges.node.');
    const asked = filter ?? {};
    const look = () => findOrders(this.orders, asked, sort ?? 'PLACED_AT_DESC', limit, after, view.now);
    let page = await look();
    if (page.rows.length === 0 && asked.search != null) page = (await this.orders.surely(async () => ((page = await look()).rows.length > 0 ? page : undefined))) ?? page;
    const nodes = await this.orders.presentAll(page.rows, view);
    return connection(page, nodes, selectedFields(info).has('totalCount') ? await countOrders(this.orders, asked, view.now) : 0);
  }
}
