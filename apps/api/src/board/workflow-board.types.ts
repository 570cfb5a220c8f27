// The live board as clients see it: where orders stand now, and how passages went in a period.
// Durations are ISO 8601, to the second.
import type { WorkflowNode } from '@app/domain';
import { Field, Int, ObjectType } from '@nestjs/graphql';
import { DateTimeScalar, DurationScalar } from '../graphql/scalars';
import { WorkflowNodeEnum } from '../orders/orders.types';

@ObjectType('BacklogPoint')
export class BacklogPointType {
  @Field(() => DateTimeScalar) hour: string;
  @Field(() => Int) arrived: number;
  @Field(() => Int) decided: number;
  @Field(() => Int) pending: number;
}

@ObjectType('WorkflowNodeStats')
export class WorkflowNodeStatsType {
  @Field(() => WorkflowNodeEnum) node: WorkflowNode;
  @Field(() => String) ownerRole: string;
  @Field(() => DurationScalar) limit: string;
  @Field(() => Int, { description: 'Orders at the node now; of them over the limit, and on hold.' }) pending: number;
  @Field(() => Int) overdue: number;
  @Field(() => Int) onHold: number;
  @Field(() => Int, { description: 'Passages completed in the period asked for, and those of them that took longer than the limit.' }) completed: number;
  @Field(() => Int) completedLate: number;
  @Field(() => DurationScalar, { nullable: true, description: 'Mean exact to the second; p50 and p90 within 1 %. Null when nothing was completed.' })
  meanTime: string | null;
  @Field(() => DurationScalar, { nullable: true }) p50Time: string | null;
  @Field(() => DurationScalar, { nullable: true }) p90Time: string | null;
  @Field(() => [BacklogPointType]) trend: readonly BacklogPointType[];
}

@ObjectType('WorkflowBoard')
export class WorkflowBoardType {
  @Field(() => DateTimeScalar) asOf: string;
  @Field(() => DateTimeScalar, { description: 'The period, rounded out to full hours.' }) from: string;
  @Field(() => DateTimeScalar) to: string;
  @Field(() => [WorkflowNodeStatsType]) nodes: readonly WorkflowNodeStatsType[];
}
