// Reviews of orders as clients see them: the rule, its steps, and the tasks that people have.
// Presenters build plain objects of these shapes: no field has a resolver of its own.
import { HANDOVER_REASONS, type HandoverReason, SIGNING_MODES, type SigningMode, TASK_STATUSES, type TaskStatus } from '@app/domain';
import type { ApprovalStatus } from '@app/projections';
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { IsArray, IsOptional, MaxLength } from 'class-validator';
import { enumOf, PageInfoType, WrittenType } from '../graphql/base.types';
import { DateTimeScalar } from '../graphql/scalars';
// Orders hold approvals and tasks hold their order: as a value the type is only asked for once all are there.
import { OrderType, type OrderType as OrderShape } from '../orders/orders.types';

const ApprovalStatusEnum: { [Name in ApprovalStatus]: Name } = enumOf(['PENDING', 'APPROVED', 'REJECTED', 'AUTO_APPROVED', 'WITHDRAWN', 'EXEMPTED'] as const);
export const SigningModeEnum = enumOf(SIGNING_MODES);
const TaskStatusEnum = enumOf(TASK_STATUSES);
const HandoverReasonEnum = enumOf(HANDOVER_REASONS);
registerEnumType(ApprovalStatusEnum, { name: 'ApprovalStatus' });
registerEnumType(SigningModeEnum, { name: 'SigningMode', description: 'ANY: first decision counts (或签). ALL: countersign (会签), one refusal refuses. QUORUM: `needed` approvals.' });
registerEnumType(TaskStatusEnum, { name: 'TaskStatus', description: 'UNROUTED: nobody can act; see routeChecks. SKIPPED: no longer needed.' });
registerEnumType(HandoverReasonEnum, { name: 'HandoverReason' });

@ObjectType('Handover')
class HandoverType {
  @Field(() => String, { nullable: true }) from: string | null;
  @Field(() => String, { nullable: true }) to: string | null;
  @Field(() => HandoverReasonEnum) reason: HandoverReason;
  @Field(() => DateTimeScalar) at: string;
}

@ObjectType('ApprovalTask')
export class ApprovalTaskType {
  @Field(() => ID) taskId: string;
  @Field(() => ID) approvalId: string;
  @Field(() => ID) orderNumber: string;
  @Field(() => String) role: string;
  @Field(() => String, { nullable: true, description: 'Null while UNROUTED.' }) assignee: string | null;
  @Field(() => String, { nullable: true, description: 'Whom the assignee acts for, when the task came by delegation or escalation.' }) actingFor: string | null;
  @Field(() => TaskStatusEnum) status: TaskStatus;
  @Field(() => DateTimeScalar) assignedAt: string;
  @Field(() => DateTimeScalar) dueAt: string;
  @Field(() => Boolean) overdue: boolean;
  @Field(() => DateTimeScalar, { nullable: true }) decidedAt: string | null;
  @Field(() => String, { nullable: true }) comment: string | null;
  @Field(() => [HandoverType], { description: 'From the first assignee on, oldest first.' }) handovers: readonly HandoverType[];
  @Field(() => OrderType, { nullable: true }) order: OrderShape | null;
}

@ObjectType('ApprovalStep')
export class ApprovalStepType {
  @Field(() => ID) stepId: string;
  @Field(() => String) role: string;
  @Field(() => SigningModeEnum) mode: SigningMode;
  @Field(() => Int) needed: number;
  @Field(() => [ApprovalTaskType]) tasks: readonly ApprovalTaskType[];
  @Field(() => ApprovalStatusEnum) status: ApprovalStatus;
}

@ObjectType('Approval')
export class ApprovalType {
  @Field(() => ID) approvalId: string;
  @Field(() => ID) orderNumber: string;
  @Field(() => ApprovalStatusEnum) status: ApprovalStatus;
  @Field(() => Int) policyVersion: number;
  @Field(() => String, { description: 'The rule that decided the route, and why it matched.' }) matchedRule: string;
  @Field(() => DateTimeScalar) requestedAt: string;
  @Field(() => DateTimeScalar, { nullable: true }) decidedAt: string | null;
  @Field(() => [ApprovalStepType]) steps: readonly ApprovalStepType[];
}

@InputType('ApprovalTaskFilter')
export class ApprovalTaskFilterInput {
  @Field(() => String, { nullable: true }) @IsOptional() @MaxLength(200) assignee?: string | null;
  @Field(() => String, { nullable: true }) @IsOptional() @MaxLength(200) role?: string | null;
  @Field(() => [TaskStatusEnum], { nullable: true }) @IsOptional() @IsArray() status?: TaskStatus[] | null;
  @Field(() => Boolean, { nullable: true }) @IsOptional() overdue?: boolean | null;
  @Field(() => ID, { nullable: true }) @IsOptional() @MaxLength(200) orderNumber?: string | null;
}

@ObjectType('ApprovalTaskEdge')
class ApprovalTaskEdgeType {
  @Field(() => ApprovalTaskType) node: ApprovalTaskType;
  @Field(() => String) cursor: string;
}

@ObjectType('ApprovalTaskConnection')
export class ApprovalTaskConnectionType {
  @Field(() => [ApprovalTaskEdgeType]) edges: readonly ApprovalTaskEdgeType[];
  @Field(() => PageInfoType) pageInfo: PageInfoType;
  @Field(() => Int) totalCount: number;
}

@ObjectType('ApprovalPayload', { implements: () => WrittenType })
export class ApprovalPayloadType extends WrittenType {
  @Field(() => ApprovalType) approval: ApprovalType;
}
