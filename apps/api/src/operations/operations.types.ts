// What those who run the product see of it: read models, source systems, what waits and what could not be read.
// Shapes only: the resolvers fill them from rows and statuses.
import type { WorkflowNode } from '@app/domain';
import { Field, ID, Int, ObjectType, registerEnumType, Float } from '@nestjs/graphql';
import { DateTimeScalar, JsonScalar, PositionScalar } from '../graphql/scalars';
import { enumOf } from '../graphql/base.types';
import { WorkflowNodeEnum } from '../orders/orders.types';

const ProjectionStateEnum = enumOf(['LIVE', 'CATCHING_UP', 'REBUILDING', 'STOPPED'] as const);
const OperationKindEnum = enumOf(['REBUILD', 'KEEP', 'VERIFY', 'SWITCH', 'ROLLBACK', 'RETRY', 'SKIP'] as const);
const OperationStateEnum = enumOf(['PENDING', 'DONE', 'FAILED'] as const);
const SystemKindEnum = enumOf(['ECOMMERCE_PLATFORM', 'PAYMENT_GATEWAY', 'ORDER_CENTRE', 'WMS', 'TMS', 'CRM', 'ERP'] as const);
export const QuarantineStatusEnum = enumOf(['WAITING', 'REPROCESSED', 'DISCARDED'] as const);
type ProjectionState = keyof typeof ProjectionStateEnum;
type SystemKind = keyof typeof SystemKindEnum;
export type QuarantineStatus = keyof typeof QuarantineStatusEnum;
registerEnumType(ProjectionStateEnum, { name: 'ProjectionState' });
registerEnumType(OperationKindEnum, { name: 'ProjectionOperationKind', description: 'REBUILD switches when it is done, KEEP waits for a SWITCH, VERIFY compares only.' });
registerEnumType(OperationStateEnum, { name: 'ProjectionOperationState' });
registerEnumType(SystemKindEnum, { name: 'SystemKind' });
registerEnumType(QuarantineStatusEnum, { name: 'QuarantineStatus' });

@ObjectType('RebuildProgress')
class RebuildProgressType {
  @Field(() => Int) processed: number;
  @Field(() => Int) total: number;
  @Field(() => Int, { nullable: true }) eventsPerSecond: number | null;
  @Field(() => Int, { nullable: true }) etaSeconds: number | null;
  @Field(() => DateTimeScalar) startedAt: string;
}

@ObjectType('RebuildOutcome', { description: 'Rows that differed from the live ones, the first of them, and whether the new ones are in use.' })
class RebuildOutcomeType {
  @Field(() => DateTimeScalar) startedAt: string;
  @Field(() => DateTimeScalar) finishedAt: string;
  @Field(() => Int) processed: number;
  @Field(() => Int) differences: number;
  @Field(() => String, { nullable: true }) firstDifference: string | null;
  @Field(() => String, { nullable: true, description: 'From this event on that row differs; null where nobody looked.' }) firstDifferingEventId: string | null;
  @Field(() => Boolean) switched: boolean;
  @Field(() => String) by: string;
  @Field(() => String, { nullable: true }) reason: string | null;
  @Field(() => String, { nullable: true, description: 'Why it ended without a result; then its differences say nothing.' }) error: string | null;
}

@ObjectType('ProjectionOperation', { description: 'What was asked of a projection, as the log has it.' })
class ProjectionOperationType {
  @Field(() => ID) operationId: string;
  @Field(() => OperationKindEnum) kind: keyof typeof OperationKindEnum;
  @Field(() => OperationStateEnum) state: keyof typeof OperationStateEnum;
  @Field(() => String) requestedBy: string;
  @Field(() => DateTimeScalar) requestedAt: string;
  @Field(() => String, { nullable: true }) reason: string | null;
  @Field(() => String, { nullable: true, description: 'Of a retry or skip.' }) key: string | null;
  @Field(() => DateTimeScalar, { nullable: true }) endedAt: string | null;
  @Field(() => String, { nullable: true, description: 'Why it was not done.' }) error: string | null;
  @Field(() => String, { nullable: true, description: 'The broken condition, if that was the reason.' }) rejection: string | null;
}

@ObjectType('ParkedEvent')
export class ParkedEventType {
  @Field(() => String) projection: string;
  @Field(() => String) key: string;
  @Field(() => ID) eventId: string;
  @Field(() => PositionScalar) position: string;
  @Field(() => String) error: string;
  @Field(() => Int) attempts: number;
  @Field(() => Int) waitingBehind: number;
}

@ObjectType('ProjectionStatus')
export class ProjectionStatusType {
  @Field(() => String) name: string;
  @Field(() => Int) version: number;
  @Field(() => ProjectionStateEnum) state: ProjectionState;
  @Field(() => PositionScalar) position: string;
  @Field(() => Int) lag: number;
  @Field(() => Float, { nullable: true }) eventsPerSecond: number | null;
  @Field(() => RebuildProgressType, { nullable: true, description: 'Null when none is running.' }) rebuild: RebuildProgressType | null;
  @Field(() => RebuildOutcomeType, { nullable: true }) lastRebuild: RebuildOutcomeType | null;
  @Field(() => Int) parked: number;
  @Field(() => Boolean, { description: 'Rows that were built and kept wait for switchProjection.' }) canSwitch: boolean;
  @Field(() => Boolean, { description: 'The rows before are there for rollbackProjection.' }) canRollBack: boolean;
  @Field(() => [ProjectionOperationType], { description: 'Newest first: what is pending, and the last that have ended.' }) operations: ProjectionOperationType[];
  @Field(() => String, { nullable: true, description: 'Why it is stopped.' }) error: string | null;
}

@ObjectType('SourceSystem')
export class SourceSystemType {
  @Field(() => String) code: string;
  @Field(() => String) name: string;
  @Field(() => SystemKindEnum) kind: SystemKind;
  @Field(() => String) interface: string;
  @Field(() => [WorkflowNodeEnum]) responsibleFor: readonly WorkflowNode[];
  @Field(() => String) owner: string;
  @Field(() => DateTimeScalar, { nullable: true }) lastHeardAt: string | null;
  @Field(() => Int) received: number;
  @Field(() => Int) quarantined: number;
}

@ObjectType('QuarantinedPayload')
export class QuarantinedPayloadType {
  @Field(() => ID) quarantineId: string;
  @Field(() => String) system: string;
  @Field(() => DateTimeScalar) receivedAt: string;
  @Field(() => [String]) errors: readonly string[];
  @Field(() => JsonScalar, { nullable: true }) payload: unknown;
  @Field(() => QuarantineStatusEnum) status: QuarantineStatus;
}

@ObjectType('WaitingFact', { description: 'A fact about an order that is not known yet.' })
export class WaitingFactType {
  @Field(() => String) system: string;
  @Field(() => String) topic: string;
  @Field(() => String, { nullable: true }) platform: string | null;
  @Field(() => String, { nullable: true }) externalId: string | null;
  @Field(() => ID, { nullable: true }) orderNumber: string | null;
  @Field(() => DateTimeScalar) receivedAt: string;
  @Field(() => JsonScalar, { nullable: true }) payload: unknown;
}
