// The green channel: orders that wait for approval are found by a filter, frozen under a token, and released when it is confirmed.
// Once confirmed a set is released to its end: here, or by the policy that watches sets that have stopped.
import {
  type ConfirmGreenChannel, type ContinueGreenChannel, type FreezeGreenChannelOrders, FROZEN_TOGETHER_MAX, type FrozenOrder, greenChannelStream, type GreenChannelState, greenOrder, type OrderState, type PreviewGreenChannel,
} from '@app/domain';
import { type Actor, type Command, plusSeconds } from '@app/kernel';
import { type CommandResult, uuidOf } from '@app/runtime';
import { DispatchCommand, ORDERTRAIL } from '@app/nest';
import type { OrderTrail, Role } from '@app/wiring';
import { Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Args, Context, Info, Mutation, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { actorOf, Allow } from '../access/caller';
import { IdempotentMutations } from '../graphql/idempotency';
import { PAGE_SIZE_MAX } from '../graphql/limits';
import { reached, type RequestContext } from '../graphql/request-context';
import { DecimalScalar } from '../graphql/scalars';
import { text } from '../graphql/validation';
import { WrittenMutations } from '../graphql/written-mutations';
import { OrderReader } from '../orders/order-reader';
import { findOrders } from '../orders/order-search';
import { OrderFilterInput } from '../orders/orders.inputs';
import { badInput, notFound, rejected } from '../rejection.presenter';
import { BulkPreviewType, BulkResultType } from './bulk.types';

const RELEASERS: readonly Role[] = ['ops', 'admin'];
const GOOD_FOR_SECONDS = 15 * 60;
const ORDERS_MAX = 20_000;
const SAMPLE_SIZE = 10;
const LOADED_AT_ONCE_MAX = 16;
const TOKEN_FORM = /^[0-9a-f-]{36}$/;

/** A command without what every one carries. */
type Asked<C extends Command> = Omit<C, 'id' | 'actor' | 'at' | 'token'>;

@Resolver()
export class GreenChannelResolver {
  constructor(
    @Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail,
    private readonly orders: OrderReader,
    /** A preview stands in no read model. */
    private readonly previews: IdempotentMutations,
    private readonly mutations: WrittenMutations,
    private readonly commands: CommandBus,
  ) {}

  @Mutation(() => BulkPreviewType)
  @Allow(RELEASERS)
  async previewGreenChannel(
    @Args('filter', { type: () => OrderFilterInput }) filter: OrderFilterInput,
    @Args('maxAmount', { type: () => DecimalScalar, nullable: true }) maxAmount: string | null,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<BulkPreviewType> {
    if (maxAmount?.startsWith('-')) throw badInput('maxAmount must be zero or more.');
    const actor = actorOf(context.caller!, RELEASERS);
    const { token, position } = await this.previews.once(context, info, async (id) => {
      // Drawn, and not derived from the request as the ids of commands are: nobody can work it out.
      const token = this.orderTrail.random.uuid();
      const found = await this.find(filter, maxAmount ?? null);
      for (let first = 0; first < found.length; first += FROZEN_TOGETHER_MAX) {
        const freeze: Asked<FreezeGreenChannelOrders> = { type: 'FreezeGreenChannelOrders', orders: found.slice(first, first + FROZEN_TOGETHER_MAX) };
        await this.give(token, `${id}/${token}/${first}`, freeze, actor);
      }
      const preview: Asked<PreviewGreenChannel> = { type: 'PreviewGreenChannel', filter: asked(filter), maxAmount: maxAmount ?? null, expiresAt: plusSeconds(this.orderTrail.clock.now(), GOOD_FOR_SECONDS) };
      return { token, position: (await this.give(token, `${id}/${token}`, preview, actor)).position };
    });
    reached(context, position);
    const { orders, expiresAt } = await this.stateOf(token);
    return { token, count: orders.length, sample: orders.slice(0, SAMPLE_SIZE).map(({ orderNumber }) => orderNumber), expiresAt: expiresAt! };
  }

  @Mutation(() => BulkResultType)
  @Allow(RELEASERS)
  async confirmGreenChannel(
    @Args('token', { type: () => String }) token: string,
    @Args('reason', { type: () => String }) reason: string,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<BulkResultType> {
    if (!TOKEN_FORM.test(token)) throw noSuchToken();
    const { position } = await this.mutations.write(context, info, async (id) => {
      const actor = actorOf(context.caller!, RELEASERS);
      await this.give(token, id, { type: 'ConfirmGreenChannel', reason: text('reason', reason) } satisfies Asked<ConfirmGreenChannel>, actor);
      return { position: await this.finish(token, id, actor) };
    });
    const { outcomes } = await this.stateOf(token);
    const failures = outcomes.flatMap(({ orderNumber, rejection }) => (rejection === null ? [] : [{ orderNumber, ...rejection }]));
    return { position, succeeded: outcomes.length - failures.length, failures };
  }

  /** By the rows first, then by the streams of those found: what is frozen is what was true then. */
  private async find(filter: OrderFilterInput, maxAmount: string | null): Promise<FrozenOrder[]> {
    if (filter.status != null && !filter.status.includes('IN_REVIEW')) return [];
    const now = this.orderTrail.clock.now();
    const streams = new Set<string>();
    let after: string | null = null;
    do {
      const { rows, hasMore } = await findOrders(this.orders, Object.assign(asked(filter), { status: ['IN_REVIEW' as const] }), 'PLACED_AT_ASC', PAGE_SIZE_MAX, after, now);
      for (const { key } of rows) streams.add(key);
      after = hasMore ? rows.at(-1)!.cursor : null;
      if (streams.size > ORDERS_MAX) throw badInput(`More than ${ORDERS_MAX} orders match. Narrow the filter and release them in parts.`);
    } while (after !== null);
    const found = Array.from<FrozenOrder | null>({ length: streams.size }).fill(null);
    const left = [...streams].entries();
    const look = async (): Promise<void> => {
      for (const [place, stream] of left) found[place] = greenOrder(stream, (await this.orderTrail.executor.load<OrderState>(stream)).state, maxAmount);
    };
    await Promise.all(Array.from({ length: LOADED_AT_ONCE_MAX }, look));
    return found.filter((order) => order !== null);
  }

  /** Releases what is left of the set, whoever else is at it; the position of its last event. */
  private async finish(token: string, confirmId: string, actor: Actor): Promise<string> {
    for (;;) {
      const { outcomes, completed } = await this.stateOf(token);
      if (completed) return (await this.orderTrail.eventStore.read(greenChannelStream(token))).at(-1)!.position;
      await this.give(token, uuidOf(`green-channel/${token}/after/${outcomes.length}`), { type: 'ContinueGreenChannel', correlationId: confirmId } satisfies Asked<ContinueGreenChannel>, actor);
    }
  }

  private async give(token: string, id: string, asked: { type: string } & Record<string, unknown>, actor: Actor): Promise<CommandResult & { outcome: 'done' }> {
    const command = { ...asked, token, id, actor, at: this.orderTrail.clock.now() } as Command;
    const result = await this.commands.execute<DispatchCommand, CommandResult>(new DispatchCommand(greenChannelStream(token), command));
    if (result.outcome === 'done') return result;
    throw result.rejection.rejection === 'GreenChannelNotFound' ? noSuchToken() : rejected(result.rejection);
  }

  private async stateOf(token: string): Promise<GreenChannelState> {
    return (await this.orderTrail.executor.load<GreenChannelState>(greenChannelStream(token))).state;
  }
}

/** What was asked for, without what was left out. */
function asked(filter: OrderFilterInput): Record<string, unknown> {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value != null));
}

function noSuchToken(): Error {
  return notFound('There is no green channel with this token. Make a preview.');
}
