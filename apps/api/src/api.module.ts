// The Nest module of the API: resolvers over the parts, behind one guard that lets nobody in without a decision.
// The list below is the table of contents of what clients may ask.
import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { GraphQLModule } from '@nestjs/graphql';
import { OrderTrailModule } from '@app/nest';
import type { OrderTrail } from '@app/wiring';
import { RightsGuard } from './access/rights.guard';
import { AlertsResolver } from './alerts/alerts.resolver';
import { ApiParts } from './api-parts';
import { ApprovalCommandsResolver } from './approvals/approval-commands.resolver';
import { ApprovalReader } from './approvals/approval-reader';
import { ApprovalTasksResolver } from './approvals/approval-tasks.resolver';
import { BacklogResolver } from './approvals/backlog.resolver';
import { ExemptionListResolver } from './approvals/exemption-list.resolver';
import { ExemptionsResolver } from './approvals/exemptions.resolver';
import { GreenChannelResolver } from './approvals/green-channel.resolver';
import { PolicyReplayResolver } from './approvals/policy-replay.resolver';
import { PolicyResolver } from './approvals/policy.resolver';
import { HistoryResolver } from './audit/history.resolver';
import { WorkflowBoardResolver } from './board/workflow-board.resolver';
import { ExceptionCommandsResolver } from './exceptions/exception-commands.resolver';
import { ExceptionReader } from './exceptions/exception-reader';
import { ExceptionsResolver } from './exceptions/exceptions.resolver';
import { graphqlOptions } from './graphql/graphql-server';
import { IdempotentMutations } from './graphql/idempotency';
import { ReadPosition } from './graphql/read-position';
import { WrittenMutations } from './graphql/written-mutations';
import { ProjectionProgressResolver } from './operations/projection-progress.resolver';
import { ProjectionsResolver } from './operations/projections.resolver';
import { SettingsResolver } from './operations/settings.resolver';
import { SystemsResolver } from './operations/systems.resolver';
import { OrderAnswers } from './orders/order-answers';
import { OrderChangedResolver } from './orders/order-changed.resolver';
import { OrderCommandsResolver } from './orders/order-commands.resolver';
import { OrderReader } from './orders/order-reader';
import { OrdersResolver } from './orders/orders.resolver';
import { StaffReader } from './staff/staff-reader';
import { StaffResolver } from './staff/staff.resolver';

export const RESOLVERS = [OrdersResolver, OrderCommandsResolver, OrderChangedResolver, WorkflowBoardResolver, HistoryResolver, SettingsResolver, SystemsResolver, ProjectionsResolver, ProjectionProgressResolver, StaffResolver, ApprovalTasksResolver, ApprovalCommandsResolver, BacklogResolver, ExemptionListResolver, ExemptionsResolver, GreenChannelResolver, AlertsResolver, PolicyResolver, PolicyReplayResolver, ExceptionsResolver, ExceptionCommandsResolver];

@Module({})
export class ApiModule {
  static over(orderTrail: OrderTrail, parts: ApiParts): DynamicModule {
    const provided: Provider[] = [
      { provide: ApiParts, useValue: parts },
      { provide: OrderReader, useValue: parts.orders },
      { provide: ExceptionReader, useValue: parts.exceptions },
      { provide: ReadPosition, useValue: parts.readPosition },
      { provide: IdempotentMutations, useValue: parts.mutations },
      { provide: WrittenMutations, useValue: new WrittenMutations(parts.mutations, parts.readPosition) },
    ];
    return {
      module: ApiModule,
      imports: [OrderTrailModule.with(orderTrail), GraphQLModule.forRoot(graphqlOptions(parts))],
      providers: [...provided, OrderAnswers, ApprovalReader, StaffReader, ...RESOLVERS, { provide: APP_GUARD, useClass: RightsGuard }],
    };
  }
}
