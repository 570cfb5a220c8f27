// Alerts: those that are open or were, telling of each that is raised, and taking note of one.
// Only policies raise them.
import { type AcknowledgeAlert, type AlertKind, alertStream } from '@app/domain';
import { type AlertRow, alerts } from '@app/projections';
import type { CommandResult } from '@app/runtime';
import { DispatchCommand, ORDERTRAIL } from '@app/nest';
import type { OrderTrail, Role } from '@app/wiring';
import { Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Args, Context, ID, Info, Int, Mutation, Query, Resolver, Subscription } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { actorOf, Allow, EVERYTHING } from '../access/caller';
import { AcknowledgedType } from '../graphql/base.types';
import { pageSize } from '../graphql/pages';
import type { RequestContext } from '../graphql/request-context';
import { rowChanges, stillAdmitted } from '../graphql/row-changes';
import { WrittenMutations } from '../graphql/written-mutations';
import { notFound, rejected } from '../rejection.presenter';
import { AlertKindEnum, AlertType } from './alert.types';

const KEEPERS: readonly Role[] = ['admin', 'ops'];

@Resolver()
export class AlertsResolver {
  constructor(
    @Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail,
    private readonly mutations: WrittenMutations,
    private readonly commands: CommandBus,
  ) {}

  @Query(() => [AlertType])
  @Allow(EVERYTHING)
  async alerts(
    @Args('kind', { type: () => AlertKindEnum, nullable: true }) kind: AlertKind | null,
    @Args('acknowledged', { type: () => Boolean, nullable: true, defaultValue: false }) acknowledged: boolean | null,
    @Args('first', { type: () => Int, nullable: true, defaultValue: 50 }) first: number | null,
  ): Promise<AlertType[]> {
    const where = { ...(kind == null ? {} : { kind }), ...(acknowledged == null ? {} : { acknowledged }) };
    const page = await this.orderTrail.rows.find<AlertRow>(alerts.name, { where, sort: [{ field: 'raisedAt', direction: 'desc' }], limit: pageSize(first) });
    return page.rows.map(({ row }) => present(row));
  }

  @Mutation(() => AcknowledgedType)
  @Allow(KEEPERS)
  async acknowledgeAlert(@Args('alertId', { type: () => ID }) alertId: string, @Context() context: RequestContext, @Info() info: GraphQLResolveInfo): Promise<AcknowledgedType> {
    return this.mutations.write(context, info, async (id) => {
      const command: AcknowledgeAlert = { type: 'AcknowledgeAlert', id, actor: actorOf(context.caller!, KEEPERS), at: this.orderTrail.clock.now(), alertId };
      const result = await this.commands.execute<DispatchCommand, CommandResult>(new DispatchCommand(alertStream(alertId), command));
      if (result.outcome === 'refused') throw result.rejection.rejection === 'AlertNotFound' ? notFound(result.rejection.message) : rejected(result.rejection);
      return { position: result.position };
    });
  }

  @Subscription(() => AlertType)
  @Allow(EVERYTHING)
  alertRaised(@Context() context: RequestContext): AsyncIterable<{ alertRaised: AlertType }> {
    const caller = context.caller!;
    stillAdmitted(this.orderTrail, caller);
    return rowChanges(this.orderTrail, {
      projection: alerts.name,
      caller,
      tell: async (alertId) => {
        const found = await this.orderTrail.rows.get<AlertRow>(alerts.name, alertId);
        // A row changes when the alert is raised and when it is acknowledged: told is the former.
        return found === undefined || found.row.acknowledged ? undefined : { alertRaised: present(found.row) };
      },
    });
  }
}

function present({ alertId, kind, subject, message, raisedAt, acknowledgedBy, acknowledgedAt }: AlertRow): AlertType {
  return { alertId, kind, subject, message, raisedAt, acknowledgedBy, acknowledgedAt };
}
