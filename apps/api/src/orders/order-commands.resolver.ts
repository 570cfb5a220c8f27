// What people may do to an order: each mutation is one command to the order's own stream.
// The domain decides; a refusal becomes REJECTED with its name.
import type { Actor, Command } from '@app/kernel';
import { DispatchCommand, ORDERTRAIL } from '@app/nest';
import type { OrderTrail, Role } from '@app/wiring';
import type { CommandResult } from '@app/runtime';
import { Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Args, Context, ID, Info, Int, Mutation, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { actorOf, Allow } from '../access/caller';
import type { RequestContext } from '../graphql/request-context';
import { text } from '../graphql/validation';
import { badInput, rejected } from '../rejection.presenter';
import { DateTimeScalar } from '../graphql/scalars';
import { OrderAnswers } from './order-answers';
import { AddressInput } from './orders.inputs';
import { OrderPayloadType } from './orders.types';

const CANCELLERS: readonly Role[] = ['admin', 'ops', 'csr'];
const HOLDERS: readonly Role[] = ['admin', 'ops', 'frontline'];
const CUSTOMER_SERVICE: readonly Role[] = ['admin', 'csr'];

@Resolver()
export class OrderCommandsResolver {
  constructor(
    @Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail,
    private readonly answers: OrderAnswers,
    private readonly commands: CommandBus,
  ) {}

  @Mutation(() => OrderPayloadType)
  @Allow(CANCELLERS)
  cancelOrder(@Args('orderNumber', { type: () => ID }) orderNumber: string, @Args('reason', { type: () => String }) reason: string, @Context() context: RequestContext, @Info() info: GraphQLResolveInfo): Promise<OrderPayloadType> {
    return this.give(orderNumber, CANCELLERS, context, info, () => ({ type: 'CancelOrder', reason: text('reason', reason) }));
  }

  @Mutation(() => OrderPayloadType)
  @Allow(HOLDERS)
  placeHold(
    @Args('orderNumber', { type: () => ID }) orderNumber: string,
    @Args('reason', { type: () => String }) reason: string,
    @Args('expiresAt', { type: () => DateTimeScalar, nullable: true }) expiresAt: string | null,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<OrderPayloadType> {
    return this.give(orderNumber, HOLDERS, context, info, (id) => ({ type: 'PlaceHold', holdId: `hold-${id}`, reason: text('reason', reason), expiresAt: expiresAt ?? null }));
  }

  @Mutation(() => OrderPayloadType)
  @Allow(HOLDERS)
  releaseHold(
    @Args('orderNumber', { type: () => ID }) orderNumber: string,
    @Args('holdId', { type: () => ID }) holdId: string,
    @Args('reason', { type: () => String }) reason: string,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<OrderPayloadType> {
    return this.give(orderNumber, HOLDERS, context, info, () => ({ type: 'ReleaseHold', holdId, reason: text('reason', reason) }));
  }

  @Mutation(() => OrderPayloadType)
  @Allow(CUSTOMER_SERVICE)
  changeAddress(
    @Args('orderNumber', { type: () => ID }) orderNumber: string,
    @Args('address', { type: () => AddressInput }) address: AddressInput,
    @Args('reason', { type: () => String }) reason: string,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<OrderPayloadType> {
    const { country = null, province, city, district = null, detail, postcode = null } = address;
    return this.give(orderNumber, CUSTOMER_SERVICE, context, info, () => ({ type: 'ChangeAddress', address: { country, province, city, district, detail, postcode }, reason: text('reason', reason) }));
  }

  @Mutation(() => OrderPayloadType)
  @Allow(CUSTOMER_SERVICE)
  fileComplaint(@Args('orderNumber', { type: () => ID }) orderNumber: string, @Args('text', { type: () => String }) complaint: string, @Context() context: RequestContext, @Info() info: GraphQLResolveInfo): Promise<OrderPayloadType> {
    return this.give(orderNumber, CUSTOMER_SERVICE, context, info, () => ({ type: 'FileComplaint', text: text('text', complaint, 20_000) }));
  }

  @Mutation(() => OrderPayloadType, { description: 'Likelihood to recommend, 0-10.' })
  @Allow(CUSTOMER_SERVICE)
  answerSurvey(
    @Args('orderNumber', { type: () => ID }) orderNumber: string,
    @Args('score', { type: () => Int }) score: number,
    @Args('comment', { type: () => String, nullable: true }) comment: string | null,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<OrderPayloadType> {
    return this.give(orderNumber, CUSTOMER_SERVICE, context, info, () => {
      if (score < 0 || score > 10) throw badInput('score must be 0 to 10.');
      return { type: 'AnswerSurvey', score, comment: comment == null ? null : text('comment', comment) };
    });
  }

  private give(orderNumber: string, allowed: readonly Role[], context: RequestContext, info: GraphQLResolveInfo, make: (commandId: string) => { type: string } & Record<string, unknown>): Promise<OrderPayloadType> {
    return this.answers.give(orderNumber, context, info, async (id, stream) => {
      const result = await this.dispatch(stream, id, actorOf(context.caller!, allowed), make(id));
      if (result.outcome === 'refused') throw rejected(result.rejection);
      return result;
    });
  }

  private dispatch(stream: string, id: string, actor: Actor, command: { type: string } & Record<string, unknown>): Promise<CommandResult> {
    return this.commands.execute(new DispatchCommand(stream, { ...command, id, actor, at: this.orderTrail.clock.now() } as Command));
  }
}
