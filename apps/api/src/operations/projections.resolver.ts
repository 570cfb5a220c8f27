// The read models: how far each is, and building one anew beside the live one.
// A rebuild is begun and goes on by itself; its progress and outcome stand in the status.
import { ORDERTRAIL, type OrderTrail, type Role } from '@app/wiring';
import { Inject } from '@nestjs/common';
import { Args, Context, Info, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { Allow, EVERYTHING } from '../access/caller';
import { IdempotentMutations } from '../graphql/idempotency';
import type { RequestContext } from '../graphql/request-context';
import { badInput, conflict, notFound } from '../rejection.presenter';
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
  projections(): Promise<ProjectionStatusType[]> {
    return this.orderTrail.monitor.statuses();
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
    await this.mutations.once(context, info, async () => {
      const status = await this.find(name);
      if (status.rebuild !== null) throw conflict(`${name} is being rebuilt already.`);
      if (reason != null && reason.length > REASON_LENGTH_MAX) throw badInput(`reason must have ${REASON_LENGTH_MAX} characters at most.`);
      this.begin(name, { by: context.caller!.sub, reason: reason ?? null }, switches !== false);
      return { name };
    });
    return this.find(name);
  }

  private begin(name: string, request: { by: string; reason: string | null }, switches: boolean): void {
    const { logger, worker } = this.orderTrail;
    const run: Promise<unknown> = switches ? worker.rebuild([name], request) : worker.verify(name);
    run.then(
      () => logger.info({ projection: name }, 'rebuild over'),
      (error: unknown) => logger.error({ err: error, projection: name }, 'rebuild failed'),
    );
  }

  private async find(name: string): Promise<ProjectionStatusType> {
    const found = (await this.orderTrail.monitor.statuses()).find((status) => status.name === name);
    if (found === undefined) throw notFound(`There is no projection ${name}.`);
    return found;
  }
}
