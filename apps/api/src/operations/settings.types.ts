// Settings as clients see and publish them: durations as ISO 8601, amounts as exact decimals.
// The rules of the inputs bound their size; what they may say is decided by the domain.
import type { WorkflowNode } from '@app/domain';
import { Field, InputType, Int, ObjectType } from '@nestjs/graphql';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsOptional, MaxLength, Max, Min, ValidateNested } from 'class-validator';
import { DateTimeScalar, DecimalScalar, DurationScalar } from '../graphql/scalars';
import { WrittenType } from '../graphql/base.types';
import { WorkflowNodeEnum } from '../orders/orders.types';

@ObjectType('NodeSetting')
class NodeSettingType {
  @Field(() => WorkflowNodeEnum) node: WorkflowNode;
  @Field(() => String) ownerRole: string;
  @Field(() => DurationScalar) limit: string;
}

@ObjectType('PlatformAmount')
class PlatformAmountType {
  @Field(() => String) platform: string;
  @Field(() => DecimalScalar) amount: string;
}

@ObjectType('BusinessDay', { description: 'When a working day begins and ends on the clocks of the business zone, HH:mm.' })
class BusinessDayType {
  @Field(() => String) opens: string;
  @Field(() => String) closes: string;
}

@ObjectType('BacklogPeakSetting', { description: 'What a queue of approval tasks is warned of by, beside the limits of its steps.' })
class BacklogPeakSettingType {
  @Field(() => Int, { description: 'Fewer waiting tasks are no queue: with 1 a single task that is never worked off is told.' }) pendingMin: number;
  @Field(() => Int, { description: 'Of one approver, where none has decided in the last hour.' }) decisionsPerHour: number;
}

@ObjectType('Settings', { description: "Limits, quotas, thresholds: versioned; an input's missing fields keep their value." })
export class SettingsType {
  @Field(() => Int) version: number;
  @Field(() => DateTimeScalar) publishedAt: string;
  @Field(() => String) publishedBy: string;
  @Field(() => [NodeSettingType]) nodes: readonly NodeSettingType[];
  @Field(() => [PlatformAmountType]) turnoverThresholds: readonly PlatformAmountType[];
  @Field(() => [String]) restrictedCategories: readonly string[];
  @Field(() => Int) exemptionsPerDay: number;
  @Field(() => DecimalScalar) exemptionMaxAmount: string;
  @Field(() => Int) exemptionMaxHours: number;
  @Field(() => DurationScalar) reconciliationTolerance: string;
  @Field(() => DurationScalar) waitingFactLimit: string;
  @Field(() => BusinessDayType, { description: 'What limits in business hours are counted by, on working days of the PRC.' }) businessDay: BusinessDayType;
  @Field(() => BacklogPeakSettingType, { description: 'In force for a role from the next task that is routed to it.' }) backlogPeak: BacklogPeakSettingType;
}

@ObjectType('SettingsPayload', { implements: () => WrittenType })
export class SettingsPayloadType extends WrittenType {
  @Field(() => SettingsType) settings: SettingsType;
}

@InputType('NodeSettingInput')
class NodeSettingInput {
  @Field(() => WorkflowNodeEnum) node: WorkflowNode;
  @Field(() => String) @MaxLength(60) ownerRole: string;
  @Field(() => DurationScalar) limit: string;
}

@InputType('PlatformAmountInput')
class PlatformAmountInput {
  @Field(() => String) @MaxLength(20) platform: string;
  @Field(() => DecimalScalar) amount: string;
}

@InputType('BusinessDayInput')
class BusinessDayInput {
  @Field(() => String) @MaxLength(5) opens: string;
  @Field(() => String) @MaxLength(5) closes: string;
}

@InputType('BacklogPeakSettingInput')
class BacklogPeakSettingInput {
  @Field(() => Int) @Min(1) @Max(1_000_000) pendingMin: number;
  @Field(() => Int) @Min(1) @Max(3_600) decisionsPerHour: number;
}

@InputType('SettingsInput')
export class SettingsInput {
  @Field(() => [NodeSettingInput], { nullable: true }) @IsOptional() @ArrayMaxSize(20) @ValidateNested({ each: true }) @Type(() => NodeSettingInput)
  nodes?: NodeSettingInput[] | null;
  @Field(() => [PlatformAmountInput], { nullable: true }) @IsOptional() @ArrayMaxSize(200) @ValidateNested({ each: true }) @Type(() => PlatformAmountInput)
  turnoverThresholds?: PlatformAmountInput[] | null;
  @Field(() => [String], { nullable: true }) @IsOptional() @ArrayMaxSize(1000) @MaxLength(200, { each: true }) restrictedCategories?: string[] | null;
  @Field(() => Int, { nullable: true }) @IsOptional() @Min(0) @Max(1_000_000) exemptionsPerDay?: number | null;
  @Field(() => DecimalScalar, { nullable: true }) @IsOptional() exemptionMaxAmount?: string | null;
  @Field(() => Int, { nullable: true }) @IsOptional() @Min(1) @Max(48) exemptionMaxHours?: number | null;
  @Field(() => DurationScalar, { nullable: true }) @IsOptional() reconciliationTolerance?: string | null;
  @Field(() => DurationScalar, { nullable: true }) @IsOptional() waitingFactLimit?: string | null;
  @Field(() => BusinessDayInput, { nullable: true }) @IsOptional() @ValidateNested() @Type(() => BusinessDayInput) businessDay?: BusinessDayInput | null;
  @Field(() => BacklogPeakSettingInput, { nullable: true }) @IsOptional() @ValidateNested() @Type(() => BacklogPeakSettingInput) backlogPeak?: BacklogPeakSettingInput | null;
}
