// Approval policies as clients see and publish them, and how their routes stand.
// The rules of the inputs bound their size; what rules may say is decided by the domain.
import { ROUTE_PROBLEMS, type RouteProblem, type SigningMode } from '@app/domain';
import { Field, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsOptional, Max, MaxLength, ValidateNested } from 'class-validator';
import { enumOf, WrittenType } from '../graphql/base.types';
import { DateTimeScalar, DurationScalar } from '../graphql/scalars';
import { SigningModeEnum } from './approval.types';

export const RULES_MAX = 200;
const STEPS_MAX = 20;
const SIGNATURES_MAX = 1_000;

const RouteProblemEnum = enumOf(ROUTE_PROBLEMS);
registerEnumType(RouteProblemEnum, { name: 'RouteProblem' });

@ObjectType('ApprovalRuleStep')
class ApprovalRuleStepType {
  @Field(() => String) role: string;
  @Field(() => SigningModeEnum) mode: SigningMode;
  @Field(() => Int, { nullable: true }) needed: number | null;
  @Field(() => DurationScalar) within: string;
  @Field(() => Boolean) businessHours: boolean;
}

@ObjectType('ApprovalRule')
class ApprovalRuleType {
  @Field(() => String) name: string;
  @Field(() => String, { description: 'CEL expression over `order` and `platform`; the first rule that holds decides.' }) when: string;
  @Field(() => [ApprovalRuleStepType], { description: 'No steps: approved automatically.' }) steps: readonly ApprovalRuleStepType[];
}

@ObjectType('ApprovalPolicy')
export class ApprovalPolicyType {
  @Field(() => Int) version: number;
  @Field(() => DateTimeScalar) publishedAt: string;
  @Field(() => String) publishedBy: string;
  @Field(() => [ApprovalRuleType]) rules: readonly ApprovalRuleType[];
}

@ObjectType('PolicyVariable', { description: 'What a rule of an approval policy may name.' })
export class PolicyVariableType {
  @Field(() => String) name: string;
  @Field(() => String, { description: 'As CEL names it. Numbers are doubles: 5000.0.' }) type: string;
  @Field(() => String) means: string;
}

@ObjectType('PolicyPayload', { implements: () => WrittenType })
export class PolicyPayloadType extends WrittenType {
  @Field(() => ApprovalPolicyType) policy: ApprovalPolicyType;
}

@InputType('ApprovalRuleStepInput')
class ApprovalRuleStepInput {
  @Field(() => String) @MaxLength(100) role: string;
  @Field(() => SigningModeEnum, { nullable: true, defaultValue: 'ANY' }) @IsOptional() mode?: SigningMode | null;
  @Field(() => Int, { nullable: true }) @IsOptional() @Max(SIGNATURES_MAX) needed?: number | null;
  @Field(() => DurationScalar, { nullable: true, defaultValue: 'PT8H' }) @IsOptional() within?: string | null;
  @Field(() => Boolean, { nullable: true, defaultValue: false }) @IsOptional() businessHours?: boolean | null;
}

@InputType('ApprovalRuleInput')
export class ApprovalRuleInput {
  @Field(() => String) @MaxLength(200) name: string;
  @Field(() => String) @MaxLength(4_000) when: string;
  @Field(() => [ApprovalRuleStepInput]) @ArrayMaxSize(STEPS_MAX) @ValidateNested({ each: true }) @Type(() => ApprovalRuleStepInput) steps: ApprovalRuleStepInput[];
}

@ObjectType('RouteCheck', { description: 'One step of one rule, and whether it leads to people who can act today.' })
export class RouteCheckType {
  @Field(() => String) rule: string;
  @Field(() => Int) step: number;
  @Field(() => String) role: string;
  @Field(() => String, { nullable: true }) primary: string | null;
  @Field(() => String, { nullable: true }) backup: string | null;
  @Field(() => RouteProblemEnum, { nullable: true }) problem: RouteProblem | null;
}
