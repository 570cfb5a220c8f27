// Exemptions: granted by the front line within quota and limit, reviewed afterwards by the grantor's superior.
// The quota is taken in the grantor's own stream before the order is asked, and given back when the order refuses.
import { businessDate, type GiveBackExemptionQuota, type OrderState, type QuotaState, quotaStream, type TakeExemptionQuota } from '@app/domain';
import type { Actor, Command } from '@app/kernel';
import type { CommandResult } from '@app/runtime';
import { DispatchCommand, ORDERTRAIL, type OrderTrail, type Role } from '@app/wiring';
import { Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Args, Context, ID, Info, Mutation, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { actorOf, Allow } from '../access/caller';
import type { RequestContext } from '../graphql/request-context';
import { DateTimeScalar } from '../graphql/scalars';
import { text } from '../graphql/validation';
import { OrderAnswers } from '../orders/order-answers';
import { OrderPayloadType } from '../orders/orders.types';
import { rejected } from '../rejection.presenter';

const GRANTORS: readonly Role[] = ['admin', 'frontline'];
const REVIEWERS: readonly Role[] = ['approver', 'admin'];

@Resolver()
export class ExemptionsResolver {
  constructor(
    @Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail,
    private readonly answers: OrderAnswers,
    private readonly commands: CommandBus,
  ) {}

  @Mutation(() => OrderPayloadType, { description: "A front-line release in an emergency: within the caller's quota and limit, for a time, reviewed afterwards." })
  @Allow(GRANTORS)
  grantExemption(
    @Args('orderNumber', { type: () => ID }) orderNumber: string,
    @Args('reason', { type: () => String }) reason: string,
    @Args('expiresAt', { type: () => DateTimeScalar }) expiresAt: string,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<OrderPayloadType> {
    const actor = actorOf(context.caller!, GRANTORS);
    return this.answers.give(orderNumber, context, info, async (id, stream) => {
      const given = text('reason', reason);
      const exemptionId = await this.takeQuota(id, orderNumber, stream, actor);
      const result = await this.dispatch(stream, { type: 'GrantExemption', id: exemptionId, exemptionId, reason: given, expiresAt }, actor);
      // A fault leaves the quota taken: whether the order was exempted is not known here, and the policy that watches quotas will find out.
      if (result.outcome === 'done') return result;
      await this.dispatch(quotaStream(actor.id), { type: 'GiveBackExemptionQuota', id: `give-back-${exemptionId}`, staffId: actor.id, exemptionId } satisfies Asked<GiveBackExemptionQuota>, actor);
      throw rejected(result.rejection);
    });
  }

  @Mutation(() => OrderPayloadType)
  @Allow(REVIEWERS)
  reviewExemption(
    @Args('orderNumber', { type: () => ID }) orderNumber: string,
    @Args('uphold', { type: () => Boolean }) uphold: boolean,
    @Args('comment', { type: () => String }) comment: string,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<OrderPayloadType> {
    return this.answers.give(orderNumber, context, info, async (id, stream) => {
      const result = await this.dispatch(stream, { type: 'ReviewExemption', id, uphold, comment: text('comment', comment) }, actorOf(context.caller!, REVIEWERS));
      if (result.outcome === 'refused') throw rejected(result.rejection);
      return result;
    });
  }

  /**
   * The exemption that the mutation with this id is to grant. Sent again under its key it is the same one as long as its quota is
   * taken; after a give-back it is another one, which takes anew. Throws REJECTED where the quota of the day is used up.
   */
  private async takeQuota(id: string, orderNumber: string, stream: string, actor: Actor): Promise<string> {
    const quota = quotaStream(actor.id);
    const perDay = (await this.orderTrail.context.settings()).at(-1)!.exemptionsPerDay;
    for (let attempt = 1; ; attempt++) {
      const exemptionId = attempt === 1 ? id : `${id}.${attempt}`;
      const day = businessDate(this.orderTrail.clock.now(), this.orderTrail.zone);
      const take: Asked<TakeExemptionQuota> = { type: 'TakeExemptionQuota', id: `take-${exemptionId}`, staffId: actor.id, exemptionId, orderNumber, day, perDay };
      const result = await this.dispatch(quota, take, actor);
      if (result.outcome === 'refused') throw rejected(result.rejection);
      if (!result.repeated || (await this.stands(quota, stream, exemptionId))) return exemptionId;
    }
  }

  /** Its quota is still taken, or the order has it in spite of a give-back. */
  private async stands(quota: string, stream: string, exemptionId: string): Promise<boolean> {
    const { taken } = (await this.orderTrail.executor.load<QuotaState>(quota)).state;
    if (taken.some((one) => one.exemptionId === exemptionId)) return true;
    const { exemptions } = (await this.orderTrail.executor.load<OrderState>(stream)).state;
    return exemptions.some((one) => one.exemptionId === exemptionId);
  }

  private dispatch(stream: string, asked: { type: string; id: string } & Record<string, unknown>, actor: Actor): Promise<CommandResult> {
    return this.commands.execute(new DispatchCommand(stream, { ...asked, actor, at: this.orderTrail.clock.now() } as Command));
  }
}

/** A command without what every one of the mutation carries. */
type Asked<C extends Command> = Omit<C, 'actor' | 'at'>;
