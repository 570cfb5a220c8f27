// What people may do with approval tasks: each mutation is a command to the order's own stream, decided there.
// Only an approver decides, as the person that their token names; whoever else has no task of their own.
import { type StaffState, staffStream } from '@app/domain';
import type { Actor, Command } from '@app/kernel';
import type { ApprovalTaskRow } from '@app/projections';
import { type CommandResult, uuidOf } from '@app/runtime';
import { DispatchCommand, ORDERTRAIL } from '@app/nest';
import type { OrderTrail, Role } from '@app/wiring';
import { Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Args, Context, ID, Info, Mutation, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { actorOf, Allow } from '../access/caller';
import type { RequestContext } from '../graphql/request-context';
import { text } from '../graphql/validation';
import { WrittenMutations } from '../graphql/written-mutations';
import { badInput, notFound, rejected } from '../rejection.presenter';
import { ApprovalReader } from './approval-reader';
import { ApprovalPayloadType } from './approval.types';
import { failureOf } from './bulk.presenter';
import { BulkResultType } from './bulk.types';

const DECIDERS: readonly Role[] = ['approver'];
// Who may move anybody's tasks does so also where the token says approver too.
const TRANSFERRERS: readonly Role[] = ['admin', 'ops', 'approver'];
const REASSIGNERS: readonly Role[] = ['admin', 'ops'];
const REASSIGNED_MAX = 20_000;
const REASSIGNED_AT_ONCE_MAX = 16;

type Asked = { type: string } & Record<string, unknown>;

@Resolver()
export class ApprovalCommandsResolver {
  constructor(
    @Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail,
    private readonly approvals: ApprovalReader,
    private readonly mutations: WrittenMutations,
    private readonly commands: CommandBus,
  ) {}

  @Mutation(() => ApprovalPayloadType)
  @Allow(DECIDERS)
  decideTask(
    @Args('taskId', { type: () => ID }) taskId: string,
    @Args('approve', { type: () => Boolean }) approve: boolean,
    @Args('comment', { type: () => String, nullable: true }) comment: string | null,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<ApprovalPayloadType> {
    return this.give(taskId, DECIDERS, context, info, () => ({ type: 'DecideTask', taskId, approve, comment: comment == null || comment.trim() === '' ? null : text('comment', comment) }));
  }

  @Mutation(() => ApprovalPayloadType)
  @Allow(TRANSFERRERS)
  transferTask(
    @Args('taskId', { type: () => ID }) taskId: string,
    @Args('to', { type: () => ID }) to: string,
    @Args('reason', { type: () => String }) reason: string,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<ApprovalPayloadType> {
    return this.give(taskId, TRANSFERRERS, context, info, () => ({ type: 'TransferTask', taskId, to, reason: text('reason', reason) }));
  }

  @Mutation(() => BulkResultType, { description: 'Sends every pending task of a departed or absent person to someone who can act.' })
  @Allow(REASSIGNERS)
  async reassignTasks(
    @Args('from', { type: () => ID }) from: string,
    @Args('to', { type: () => ID, nullable: true }) to: string | null | undefined,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<BulkResultType> {
    const actor = actorOf(context.caller!, REASSIGNERS);
    return this.mutations.write(context, info, async (id) => {
      if (from === to) throw badInput('`from` and `to` must be two people.');
      for (const staffId of [from, ...(to == null ? [] : [to])]) await this.mustBeRegistered(staffId);
      const tasks = await this.approvals.pendingOf(from, REASSIGNED_MAX);
      if (tasks === null) throw badInput(`${from} has more than ${REASSIGNED_MAX} pending tasks. Transfer some of them by transferTask first, or mark ${from} as departed: all their tasks then move by themselves.`);
      // Tasks of different orders beside each other, so that one fsync serves many.
      const outcomes: (readonly [ApprovalTaskRow, CommandResult])[] = [];
      for (let first = 0; first < tasks.length; first += REASSIGNED_AT_ONCE_MAX) {
        const some = tasks.slice(first, first + REASSIGNED_AT_ONCE_MAX);
        outcomes.push(...(await Promise.all(some.map(async (task) => [task, await this.dispatch(task.stream, uuidOf(`${id}/${task.taskId}`), actor, { type: 'ReassignTask', taskId: task.taskId, from, ...(to == null ? {} : { to }) })] as const))));
      }
      let position = await this.orderTrail.eventStore.end();
      const failures: BulkResultType['failures'][number][] = [];
      for (const [{ orderNumber, taskId }, outcome] of outcomes) {
        if (outcome.outcome === 'done' && outcome.position > position) position = outcome.position;
        const failure = failureOf(taskId, outcome);
        if (failure !== null) failures.push({ orderNumber, code: failure.rejection, message: failure.message });
      }
      // What is said of the person and not of a task is the answer to all of it.
      const refused = outcomes.flatMap(([, outcome]) => (outcome.outcome === 'refused' && outcome.rejection.rejection === 'AssigneeIsHere' ? [outcome.rejection] : []));
      if (refused[0] !== undefined && refused.length === tasks.length) throw rejected(refused[0]);
      return { position, succeeded: tasks.length - failures.length, failures };
    });
  }

  private async mustBeRegistered(staffId: string): Promise<void> {
    const { state } = await this.orderTrail.executor.load<StaffState>(staffStream(staffId));
    if (state.person === null) throw notFound(`There is nobody registered as ${staffId}.`);
  }

  private async give(taskId: string, allowed: readonly Role[], context: RequestContext, info: GraphQLResolveInfo, make: () => Asked): Promise<ApprovalPayloadType> {
    const caller = context.caller!;
    const written = await this.mutations.write(context, info, async (id) => {
      const asked = make();
      const stream = await this.approvals.streamOf(taskId);
      const result = await this.dispatch(stream, id, actorOf(caller, allowed), asked);
      if (result.outcome === 'refused') throw result.rejection.rejection === 'TaskNotFound' ? notFound(`There is no task ${taskId}.`) : rejected(result.rejection);
      return { position: result.position, stream, revision: result.revision };
    });
    return { position: written.position, approval: await this.approvals.approvalAsOf(written.stream, written.revision, taskId, caller, info) };
  }

  private dispatch(stream: string, id: string, actor: Actor, asked: Asked): Promise<CommandResult> {
    return this.commands.execute(new DispatchCommand(stream, { ...asked, id, actor, at: this.orderTrail.clock.now() } as Command));
  }
}
