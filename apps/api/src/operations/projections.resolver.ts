// The read models: how far each is, what waits in it, and what may be asked of it. Every operation is a command to the projection's
// stream, carried out by whoever runs the projection; the answer is the status by then.
import { type ProjectionCommand, type RebuildMode, uuidOf } from '@app/runtime';
import type { Position } from '@app/kernel';
import { ORDERTRAIL } from '@app/nest';
import type { OrderTrail, Role } from '@app/wiring';
import { Inject } from '@nestjs/common';
import { Args, Context, Info, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { actorOf, Allow, EVERYTHING } from '../access/caller';
import { IdempotentMutations } from '../graphql/idempotency';
import { reached, type RequestContext } from '../graphql/request-context';
import { selectedFields } from '../graphql/selected-fields';
import { badInput, notFound, rejected, withoutPaths } from '../rejection.presenter';
import { OperationsDesk } from './operations-desk';
import { ParkedEventType, ProjectionStatusType } from './operations.types';
import { presentStatus } from './status.presenter';

const OPERATORS: readonly Role[] = ['admin', 'ops'];
const TEXT_LENGTH_MAX = 2_000;

/** What is remembered of a mutation. */
interface Asked {
  position: Position;
  /** By projection. */
  operations: Record<string, string>;
}

type Request = { type: ProjectionCommand['type'] } & Record<string, unknown>;

@Resolver()
export class ProjectionsResolver {
  private readonly desk: OperationsDesk;

  constructor(
    @Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail,
    private readonly mutations: IdempotentMutations,
  ) {
    this.desk = new OperationsDesk(orderTrail);
  }

  @Query(() => [ProjectionStatusType])
  @Allow(EVERYTHING)
  projections(@Info() info: GraphQLResolveInfo): Promise<ProjectionStatusType[]> {
    return this.statuses(info);
  }

  @Query(() => [ParkedEventType])
  @Allow(EVERYTHING)
  async parkedEvents(@Args('projection', { type: () => String, nullable: true }) projection: string | null): Promise<ParkedEventType[]> {
    if (projection != null) await this.existing([projection]);
    const parked = await this.orderTrail.monitor.parkedEvents(projection ?? undefined);
    return parked.map((event) => ({ ...event, error: withoutPaths(event.error) }));
  }

  @Mutation(() => ProjectionStatusType, { description: 'Builds beside the live one, compares, and switches unless told not to. Answers at once; projectionProgress follows it.' })
  @Allow(OPERATORS)
  async rebuildProjection(
    @Args('name', { type: () => String }) name: string,
    @Args('reason', { type: () => String, nullable: true }) reason: string | null,
    @Args('switch', { type: () => Boolean, nullable: true, defaultValue: true }) switches: boolean | null,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<ProjectionStatusType> {
    const [status] = await this.build([name], switches === false ? 'KEEP' : 'SWITCH', reason, context, info);
    return status!;
  }

  @Mutation(() => [ProjectionStatusType], { description: 'Like rebuildProjection, for many; names left out: all of them. Those that one process runs (with the embedded stores all) are built in one reading of the log.' })
  @Allow(OPERATORS)
  rebuildProjections(
    @Args('names', { type: () => [String], nullable: true }) names: string[] | null,
    @Args('reason', { type: () => String, nullable: true }) reason: string | null,
    @Args('switch', { type: () => Boolean, nullable: true, defaultValue: true }) switches: boolean | null,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<ProjectionStatusType[]> {
    return this.build(names, switches === false ? 'KEEP' : 'SWITCH', reason, context, info);
  }

  @Mutation(() => [ProjectionStatusType], {
    description: 'Builds shadows beside the live rows, compares every row and drops the shadows; names left out: all of them. lastRebuild then tells the first row that differs, and the event.',
  })
  @Allow(OPERATORS)
  verifyProjections(
    @Args('names', { type: () => [String], nullable: true }) names: string[] | null,
    @Args('reason', { type: () => String, nullable: true }) reason: string | null,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<ProjectionStatusType[]> {
    return this.build(names, 'VERIFY', reason, context, info);
  }

  /** Rows that were built with switch: false, brought up to the live ones; the former stay for a rollback. */
  @Mutation(() => ProjectionStatusType)
  @Allow(OPERATORS)
  switchProjection(@Args('name', { type: () => String }) name: string, @Args('reason', { type: () => String }) reason: string, @Context() context: RequestContext, @Info() info: GraphQLResolveInfo): Promise<ProjectionStatusType> {
    return this.carryOut(name, { type: 'RequestSwitch', reason: bounded('reason', reason) }, context, info);
  }

  /** Rows from before the last switch, brought up to the live ones; a second rollback undoes the first. */
  @Mutation(() => ProjectionStatusType)
  @Allow(OPERATORS)
  rollbackProjection(@Args('name', { type: () => String }) name: string, @Args('reason', { type: () => String }) reason: string, @Context() context: RequestContext, @Info() info: GraphQLResolveInfo): Promise<ProjectionStatusType> {
    return this.carryOut(name, { type: 'RequestRollback', reason: bounded('reason', reason) }, context, info);
  }

  @Mutation(() => ProjectionStatusType)
  @Allow(OPERATORS)
  retryParked(@Args('projection', { type: () => String }) projection: string, @Args('key', { type: () => String }) key: string, @Context() context: RequestContext, @Info() info: GraphQLResolveInfo): Promise<ProjectionStatusType> {
    return this.carryOut(
      projection,
      async () => {
        await this.firstParked(projection, key);
        return { type: 'RequestParkedRetry', key };
      },
      context,
      info,
    );
  }

  /** The first event that waits there is left out of the rows for good, in rebuilds too; what waits behind it is taken up. */
  @Mutation(() => ProjectionStatusType)
  @Allow(OPERATORS)
  skipParked(
    @Args('projection', { type: () => String }) projection: string,
    @Args('key', { type: () => String }) key: string,
    @Args('reason', { type: () => String }) reason: string,
    @Args('eventId', { type: () => String, nullable: true, description: 'Only if this event is still the first that waits there.' }) eventId: string | null,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<ProjectionStatusType> {
    return this.carryOut(
      projection,
      async () => ({ type: 'RequestParkedSkip', key: bounded('key', key), reason: bounded('reason', reason), eventId: eventId == null ? await this.firstParked(projection, key) : bounded('eventId', eventId) }),
      context,
      info,
    );
  }

  /** Id of the event that waits first under the key. Throws where none does. */
  private async firstParked(projection: string, key: string): Promise<string> {
    const parked = await this.orderTrail.monitor.parkedUnder(projection, bounded('key', key));
    if (parked === undefined) throw rejected({ rejection: 'NothingParked', message: `Nothing of ${projection} is parked under ${key}.` });
    return parked.eventId;
  }

  private async carryOut(name: string, asked: Request | (() => Promise<Request>), context: RequestContext, info: GraphQLResolveInfo): Promise<ProjectionStatusType> {
    await this.existing([name]);
    const { position, operations } = await this.mutations.once(context, info, async (id): Promise<Asked> => {
      const request = typeof asked === 'function' ? await asked() : asked;
      return { position: await this.desk.ask(name, this.command(id, request, context)), operations: { [name]: id } };
    });
    await this.desk.over(name, operations[name]!);
    reached(context, position);
    return (await this.statuses(info, [name]))[0]!;
  }

  /** All of them or none: each is decided before the first is asked for. */
  private async build(asked: readonly string[] | null, mode: RebuildMode, reason: string | null | undefined, context: RequestContext, info: GraphQLResolveInfo): Promise<ProjectionStatusType[]> {
    if (asked?.length === 0) throw badInput('names must hold a name. Leave it out for all projections.');
    const names = await this.existing(asked);
    const { position, operations } = await this.mutations.once(context, info, async (id): Promise<Asked> => {
      const batch = { id, projections: names };
      const request = { type: 'RequestRebuild' as const, mode, reason: reason == null ? null : bounded('reason', reason), batch };
      const commands = names.map((name) => [name, this.command(uuidOf(`${id}/${name}`), request, context)] as const);
      return { position: await this.desk.askAll(commands), operations: Object.fromEntries(commands.map(([name, command]) => [name, command.id])) };
    });
    await this.desk.begun(new Map(Object.entries(operations)));
    reached(context, position);
    return this.statuses(info, names);
  }

  private command(id: string, request: Request, context: RequestContext): ProjectionCommand {
    return { ...request, id, actor: actorOf(context.caller!, OPERATORS), at: this.orderTrail.clock.now() } as unknown as ProjectionCommand;
  }

  /** In the order of the registry; null: all. */
  private async existing(asked: readonly string[] | null): Promise<string[]> {
    const known = this.orderTrail.monitor.names();
    const unknown = asked?.find((name) => !known.includes(name));
    if (unknown !== undefined) throw notFound(`There is no projection ${unknown}.`);
    return known.filter((name) => asked?.includes(name) ?? true);
  }

  private async statuses(info: GraphQLResolveInfo, names?: readonly string[]): Promise<ProjectionStatusType[]> {
    const all = await this.orderTrail.monitor.statuses();
    const chosen = all.filter(({ name }) => names?.includes(name) ?? true);
    const isAsked = selectedFields(info).has('operations');
    return Promise.all(chosen.map(async (status) => presentStatus(status, isAsked ? await this.desk.operations(status.name) : [])));
  }
}

function bounded(name: string, text: string): string {
  if (text.length > TEXT_LENGTH_MAX) throw badInput(`${name} must have ${TEXT_LENGTH_MAX} characters at most.`);
  return text;
}
