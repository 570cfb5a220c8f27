// The approval backlog as clients see it. Durations are ISO 8601, to the second.
// An age bucket holds every pending task that is older than it says, so those of a longer time are in the shorter ones too.
import { Field, Float, Int, ObjectType } from '@nestjs/graphql';
import { DateTimeScalar, DurationScalar } from '../graphql/scalars';

@ObjectType('BacklogGroup')
export class BacklogGroupType {
  @Field(() => String) key: string;
  @Field(() => Int) pending: number;
  @Field(() => Int) overdue: number;
  @Field(() => DateTimeScalar, { nullable: true }) oldestAssignedAt: string | null;
  @Field(() => Int) decided: number;
  @Field(() => DurationScalar, { nullable: true }) meanDecisionTime: string | null;
  @Field(() => DurationScalar, { nullable: true }) p50DecisionTime: string | null;
  @Field(() => DurationScalar, { nullable: true }) p90DecisionTime: string | null;
  @Field(() => Float, { nullable: true, description: 'Arrivals and decisions per hour over the last hour; null before any.' }) arrivalRate: number | null;
  @Field(() => Float, { nullable: true }) serviceRate: number | null;
  @Field(() => Float, { nullable: true, description: 'Tasks per hour that wait here no longer: decided, no longer needed, or moved on to somebody else; null before any.' }) leavingRate: number | null;
  @Field(() => Float, { nullable: true, description: "Hours until this queue is empty at the last hour's rates; null if it never will be." }) hoursToClear: number | null;
}

@ObjectType('AgeBucket')
export class AgeBucketType {
  @Field(() => DurationScalar) olderThan: string;
  @Field(() => Int) pending: number;
}

@ObjectType('ApprovalBacklog', { description: 'The approval backlog now: what waits, for whom, how long, and whether it will clear in time.' })
export class ApprovalBacklogType {
  @Field(() => Int) pending: number;
  @Field(() => Int) overdue: number;
  @Field(() => DateTimeScalar, { nullable: true }) oldestAssignedAt: string | null;
  @Field(() => [BacklogGroupType]) byRole: readonly BacklogGroupType[];
  @Field(() => [BacklogGroupType]) byAssignee: readonly BacklogGroupType[];
  @Field(() => [AgeBucketType], { description: 'Pending tasks by age.' }) ageBuckets: readonly AgeBucketType[];
  /** Not shown: when it was asked for, so that the trend ends where the rest does. */
  asOf: string;
}

