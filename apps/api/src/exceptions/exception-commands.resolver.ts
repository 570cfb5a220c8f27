// What people may do with exception cases: each mutation is a command to the case's own stream, decided there.
// An action's effect on the order is decided by the order, under the name of whoever took it.
import { type Attribution, type ExceptionClass, exceptionStream, type SopEffect } from '@app/domain';
import type { Command } from '@app/kernel';
import { type CommandResult, uuidOf } from '@app/runtime';
import { DispatchCommand, ORDERTRAIL } from '@app/nest';
import type { OrderTrail, Role } from '@app/wiring';
import { Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Args, Context, ID, Info, Mutation, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { actingRole, actorOf, Allow } from '../access/caller';
import type { RequestContext } from '../graphql/request-context';
import { checked, text } from '../graphql/validation';
import { WrittenMutations } from '../graphql/written-mutations';
import { AddressInput } from '../orders/orders.inputs';
import { badInput, forbidden, notFound, rejected } from '../rejection.presenter';
import { ExceptionReader } from './exception-reader';
import { AttributionInput, ExceptionPayloadType, ExceptionSeverityEnum, ExceptionStageEnum, ResponsiblePartyEnum } from './exception.types';

const ACTION_LENGTH_MAX = 60;
const HANDLERS: readonly Role[] = ['admin', 'ops', 'frontline', 'csr'];
/** Who may do to an order what an action does, where not the order itself says so. */
const ALLOWED: Readonly<Record<SopEffect, readonly Role[]>> = { RELEASE_HOLD: HANDLERS, CANCEL: ['admin', 'ops', 'csr'] };

type Asked = { type: string } & Record<string, unknown>;

@Resolver()
export class ExceptionCommandsResolver {
  constructor(
    @Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail,
    private readonly cases: ExceptionReader,
    private readonly mutations: WrittenMutations,
    private readonly commands: CommandBus,
  ) {}

  @Mutation(() => ExceptionPayloadType)
  @Allow(HANDLERS)
  claimException(@Args('exceptionId', { type: () => ID }) exceptionId: string, @Context() context: RequestContext, @Info() info: GraphQLResolveInfo): Promise<ExceptionPayloadType> {
    return this.give(exceptionId, context, info, () => [{ type: 'ClaimException' }]);
  }

  @Mutation(() => ExceptionPayloadType)
  @Allow(HANDLERS)
  reclassifyException(
    @Args('exceptionId', { type: () => ID }) exceptionId: string,
    @Args('stage', { type: () => ExceptionStageEnum }) stage: ExceptionClass['stage'],
    @Args('severity', { type: () => ExceptionSeverityEnum }) severity: ExceptionClass['severity'],
    @Args('responsible', { type: () => ResponsiblePartyEnum }) responsible: ExceptionClass['responsible'],
    @Args('reason', { type: () => String }) reason: string,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<ExceptionPayloadType> {
    return this.give(exceptionId, context, info, () => [{ type: 'ReclassifyException', is: { stage, severity, responsible } satisfies ExceptionClass, reason: text('reason', reason) }]);
  }

  @Mutation(() => ExceptionPayloadType, { description: "Takes an action of the case's SOP; its effect on the order is executed and recorded." })
  @Allow(HANDLERS)
  takeAction(
    @Args('exceptionId', { type: () => ID }) exceptionId: string,
    @Args('action', { type: () => String }) code: string,
    @Args('note', { type: () => String, nullable: true }) note: string | null,
    @Args('address', { type: () => AddressInput, nullable: true }, checked(AddressInput)) address: AddressInput | null,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<ExceptionPayloadType> {
    const action = text('action', code, ACTION_LENGTH_MAX);
    const may = Object.hasOwn(ALLOWED, action) ? ALLOWED[action as SopEffect] : HANDLERS;
    if (actingRole(context.caller!, may) === undefined) throw forbidden(`The action ${action} is for ${may.join(', ')}.`);
    return this.give(exceptionId, context, info, (actionId) => {
      // Of an action that nobody knows the case says so.
      if (address != null && Object.hasOwn(ALLOWED, action)) throw badInput(`\`address\` goes with an action that changes an address; ${action} takes none.`);
      return [{ type: 'TakeAction', actionId, action, note: note == null || note.trim() === '' ? null : text('note', note) }, { type: 'CarryOutAction', actionId }];
    }, may);
  }

  @Mutation(() => ExceptionPayloadType, { description: 'Refused without an attribution.' })
  @Allow(HANDLERS)
  resolveException(
    @Args('exceptionId', { type: () => ID }) exceptionId: string,
    @Args('attribution', { type: () => AttributionInput }) { note, preventable, preventiveAction, responsible, rootCause }: AttributionInput,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<ExceptionPayloadType> {
    const attribution: Attribution = { rootCause, responsible, preventable, note, preventiveAction: preventiveAction ?? null };
    return this.give(exceptionId, context, info, () => [{ type: 'ResolveException', attribution }]);
  }

  @Mutation(() => ExceptionPayloadType)
  @Allow(HANDLERS)
  reopenException(
    @Args('exceptionId', { type: () => ID }) exceptionId: string,
    @Args('reason', { type: () => String }) reason: string,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<ExceptionPayloadType> {
    return this.give(exceptionId, context, info, () => [{ type: 'ReopenException', reason: text('reason', reason) }]);
  }

  /** `make` is given the id of the first command; the others follow only when the one before is done. */
  private async give(exceptionId: string, context: RequestContext, info: GraphQLResolveInfo, make: (id: string) => readonly Asked[], allowed = HANDLERS): Promise<ExceptionPayloadType> {
    const written = await this.mutations.write(context, info, async (id) => {
      let last = { position: '', revision: -1 };
      for (const [place, asked] of make(id).entries()) last = await this.dispatch(exceptionId, { ...asked, id: place === 0 ? id : uuidOf(`${id}/${place}`), correlationId: id, actor: actorOf(context.caller!, allowed) });
      return { position: last.position, revision: last.revision };
    });
    const found = await this.cases.asOf(exceptionId, written.revision);
    const [exception] = await this.cases.present([found!.row], this.cases.view(context.caller!, info, 'exception.', found!.recordedAt));
    return { position: written.position, exception: exception! };
  }

  private async dispatch(exceptionId: string, asked: Omit<Command, 'at'> & Asked): Promise<{ position: string; revision: number }> {
    const result = await this.commands.execute<DispatchCommand, CommandResult>(new DispatchCommand(exceptionStream(exceptionId), { ...asked, exceptionId, at: this.orderTrail.clock.now() } as Command));
    if (result.outcome === 'done') return result;
    throw result.rejection.rejection === 'ExceptionNotFound' ? notFound(result.rejection.message) : rejected(result.rejection);
  }
}
