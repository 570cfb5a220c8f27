// History as clients see it: events as stored, what each changed, and an order folded up to a point.
// Nothing here looks anything up: the resolver folds and presents.
import { Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { IsOptional, MaxLength, Min } from 'class-validator';
import { DateTimeScalar, JsonScalar, PositionScalar } from '../graphql/scalars';

@ObjectType('StateChange')
export class StateChangeType {
  @Field(() => String) path: string;
  @Field(() => JsonScalar, { nullable: true }) before: unknown;
  @Field(() => JsonScalar, { nullable: true }) after: unknown;
}

@ObjectType('AuditEvent', { description: 'An event as stored, with what it changed.' })
export class AuditEventType {
  @Field(() => ID) eventId: string;
  @Field(() => String) stream: string;
  @Field(() => Int) revision: number;
  @Field(() => PositionScalar) position: string;
  @Field(() => String) type: string;
  @Field(() => Int) version: number;
  @Field(() => DateTimeScalar, { description: "When it happened, by the source's clock, and when it was written here." }) occurredAt: string;
  @Field(() => DateTimeScalar) recordedAt: string;
  @Field(() => String) actor: string;
  @Field(() => String) actorRole: string;
  @Field(() => ID) correlationId: string;
  @Field(() => ID, { nullable: true }) causationId: string | null;
  @Field(() => JsonScalar) data: unknown;
  @Field(() => [StateChangeType], { description: "Paths of the order's state that this event changed: before and after." }) changes: readonly StateChangeType[];
}

@InputType('ReplayPoint', { description: 'One of them, inclusive. `at` is by recordedAt: what was known here then.' })
export class ReplayPointInput {
  @Field(() => Int, { nullable: true }) @IsOptional() @Min(0) revision?: number | null;
  @Field(() => DateTimeScalar, { nullable: true }) @IsOptional() at?: string | null;
  @Field(() => ID, { nullable: true }) @IsOptional() @MaxLength(64) eventId?: string | null;
}

@ObjectType('OrderReplay')
export class OrderReplayType {
  @Field(() => ID) orderNumber: string;
  @Field(() => JsonScalar, { description: 'The whole state folded from the events up to the point asked for, nothing later.' }) state: unknown;
  @Field(() => [AuditEventType]) events: readonly AuditEventType[];
  @Field(() => Int, { nullable: true, description: 'Configuration that was in force at that point.' }) policyVersion: number | null;
}
