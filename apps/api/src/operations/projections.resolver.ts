// The read models: how far each is, and building one anew beside the live one.
// A rebuild is begun and goes on by itself; its progress and outcome stand in the status.
import { ORDERTRAIL, type OrderTrail, type Role } from '@app/wiring';
import { Inject } from '@nestjs/common';
import { Args, Context, Info, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { Allow, EVERYTHING } from '../access/caller';
import { IdempotentMutations } from '../graphql/idempotency';
import type { RequestContext } from '../graphql/request-context';
import { badInput, conflict, notFound, withoutPaths } from '../rejection.presenter';
import { ProjectionStatusType } from './operations.types';

const REBUILDERS: readonly Role[] = ['admin', 'ops'];
const REASON_LENGTH_MAX = 2_000;

@Resolver()
export class ProjectionsResolver {
  constructor(
    @Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail,
    private readonly mutations: IdempotentMutations,
  ) {}

  @Query(() => [ProjectionStatusType])
  @Allow(EVERYTHING)
  async projections(): Promise<ProjectionStatusType[]> {
    return (await this.orderTrail.monitor.statuses()).map(present);
  }

  @Mutation(() => ProjectionStatusType, { description: 'Builds beside the live one, compares, and switches unless told not to. Answers at once; projectionProgress follows it.' })
  @Allow(REBUILDERS)
  async rebuildProjection(
    @Args('name', { type: () => String }) name: string,
    @Args('reason', { type: () => String, nullable: true }) reason: string | null,
    @Args('switch', { type: () => Boolean, nullable: true, defaultValue: true }) switches: boolean | null,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<ProjectionStatusType> {
    const [status] = await this.begin([name], reason, switches !== false, context, info);
    return status!;
  }

  @Mutation(() => [ProjectionStatusType], { description: 'Like rebuildProjection, for many in one reading of the log; names left out: all of them.' })
  @Allow(REBUILDERS)
  rebuildProjections(
    @Args('names', { type: () => [String], nullable: true }) names: string[] | null,
    @Args('reason', { type: () => String, nullable: true }) reason: string | null,
    @Args('switch', { type: () => Boolean, nullable: true, defaultValue: true }) switches: boolean | null,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<ProjectionStatusType[]> {
    if (names?.length === 0) throw badInput('names must hold a name. Leave it out for all projections.');
    return this.begin(names ?? null, reason, switches !== false, context, info);
  }

  private async begin(asked: readonly string[] | null, reason: string | null | undefined, switches: boolean, context: RequestContext, info: GraphQLResolveInfo): Promise<ProjectionStatusType[]> {
    if (reason != null && reason.length > REASON_LENGTH_MAX) throw badInput(`reason must have ${REASON_LENGTH_MAX} characters at most.`);
    const { monitor, worker } = this.orderTrail;
    const { names } = await this.mutations.once(context, info, async () => {
      const known = (await monitor.statuses()).map(({ name }) => name);
      const unknown = asked?.find((name) => !known.includes(name));
      if (unknown !== undefined) throw notFound(`There is no projection ${unknown}.`);
      const chosen = known.filter((name) => asked?.includes(name) ?? true);
      await worker.beginRebuild(chosen, switches ? 'switch' : 'verify', { by: context.caller!.sub, reason: reason ?? null }).catch(refuse);
      return { names: chosen };
    });
    return (await monitor.statuses()).filter(({ name }) => names.includes(name)).map(present);
  }
}

function present(status: Status): ProjectionStatusType {
  const { error, lastRebuild } = status;
  const hidden = (fault: string | null): string | null => (fault === null ? null : withoutPaths(fault));
  return { ...status, error: hidden(error), lastRebuild: lastRebuild === null ? null : { ...lastRebuild, error: hidden(lastRebuild.error) } };
}

type Status = Awaited<ReturnType<OrderTrail['monitor']['statuses']>>[number];

/** By name: it may come from another thread. */
function refuse(error: unknown): never {
  throw error instanceof Error && error.name === 'RebuildRefused' ? conflict(error.message) : error;
}
