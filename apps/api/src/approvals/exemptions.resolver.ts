// Exemptions: granted by the front line within quota and limit, reviewed afterwards by the grantor's superior.
// Who may do what to which of them is decided by the domain.
import type { ReviewExemption } from '@app/domain';
import type { CommandResult } from '@app/runtime';
import { DispatchCommand, ORDERTRAIL } from '@app/nest';
import { ExemptionGrants, type OrderTrail, type Role } from '@app/wiring';
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
  private readonly grants: ExemptionGrants;

  constructor(
    @Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail,
    private readonly answers: OrderAnswers,
    private readonly commands: CommandBus,
  ) {
    this.grants = new ExemptionGrants(orderTrail);
  }

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
      const result = await this.grants.grant(id, { orderNumber, stream, actor, reason: text('reason', reason), expiresAt });
      if (result.outcome === 'refused') throw rejected(result.rejection);
      return result;
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
      const review = { type: 'ReviewExemption', id, actor: actorOf(context.caller!, REVIEWERS), at: this.orderTrail.clock.now(), uphold, comment: text('comment', comment) } satisfies Omit<ReviewExemption, 'context'>;
      const result = await this.commands.execute<DispatchCommand, CommandResult>(new DispatchCommand(stream, review));
      if (result.outcome === 'refused') throw rejected(result.rejection);
      return result;
    });
  }
}
