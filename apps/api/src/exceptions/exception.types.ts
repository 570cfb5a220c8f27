// Exception cases and their SOPs as clients see them. Presenters build plain objects of these shapes.
// The texts of an SOP are in Chinese and English.
import {
  EXCEPTION_SEVERITIES, EXCEPTION_STAGES, EXCEPTION_STATUSES, type ExceptionSeverity, type ExceptionStage, type ExceptionStatus, RESPONSIBLE_PARTIES, type ResponsibleParty,
} from '@app/domain';
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { ArrayMaxSize, IsOptional, MaxLength } from 'class-validator';
import { enumOf, PageInfoType, WrittenType } from '../graphql/base.types';
import { DateTimeScalar, DurationScalar, JsonScalar } from '../graphql/scalars';

export const ExceptionStageEnum = enumOf(EXCEPTION_STAGES);
export const ExceptionSeverityEnum = enumOf(EXCEPTION_SEVERITIES);
export const ResponsiblePartyEnum = enumOf(RESPONSIBLE_PARTIES);
const ExceptionStatusEnum = enumOf(EXCEPTION_STATUSES);
registerEnumType(ExceptionStageEnum, { name: 'ExceptionStage' });
registerEnumType(ExceptionSeverityEnum, { name: 'ExceptionSeverity' });
registerEnumType(ResponsiblePartyEnum, { name: 'ResponsibleParty' });
registerEnumType(ExceptionStatusEnum, { name: 'ExceptionStatus' });

@ObjectType('SopAction')
class SopActionType {
  @Field(() => String) code: string;
  @Field(() => String) label: string;
}

@ObjectType('Sop')
export class SopType {
  @Field(() => ID) sopId: string;
  @Field(() => Int) version: number;
  @Field(() => String) title: string;
  @Field(() => [String]) steps: readonly string[];
  @Field(() => [SopActionType]) actions: readonly SopActionType[];
  @Field(() => DurationScalar) resolveWithin: string;
}

@ObjectType('ExceptionAction')
class ExceptionActionType {
  @Field(() => String) code: string;
  @Field(() => String) takenBy: string;
  @Field(() => DateTimeScalar) takenAt: string;
  @Field(() => String) outcome: string;
  @Field(() => String, { nullable: true }) note: string | null;
}

@ObjectType('Attribution')
class AttributionType {
  @Field(() => String) rootCause: string;
  @Field(() => ResponsiblePartyEnum) responsible: ResponsibleParty;
  @Field(() => Boolean) preventable: boolean;
  @Field(() => String) note: string;
  @Field(() => String, { nullable: true }) preventiveAction: string | null;
  @Field(() => String) by: string;
  @Field(() => DateTimeScalar) at: string;
}

@ObjectType('ExceptionCase')
export class ExceptionCaseType {
  @Field(() => ID) exceptionId: string;
  @Field(() => ID, { nullable: true, description: 'Null when the case is about something that is not (yet) an order.' }) orderNumber: string | null;
  @Field(() => String) type: string;
  @Field(() => ExceptionStageEnum) stage: ExceptionStage;
  @Field(() => ExceptionSeverityEnum) severity: ExceptionSeverity;
  @Field(() => ResponsiblePartyEnum) responsible: ResponsibleParty;
  @Field(() => ExceptionStatusEnum) status: ExceptionStatus;
  @Field(() => Boolean) blocksOrder: boolean;
  @Field(() => String, { nullable: true, description: 'Rule and version that raised it; null when a person did.' }) ruleId: string | null;
  @Field(() => Int, { nullable: true }) ruleVersion: number | null;
  @Field(() => JsonScalar, { nullable: true }) evidence: unknown;
  @Field(() => SopType, { nullable: true }) sop: SopType | null;
  @Field(() => String) ownerRole: string;
  @Field(() => String, { nullable: true }) owner: string | null;
  @Field(() => DateTimeScalar) raisedAt: string;
  @Field(() => DateTimeScalar) dueAt: string;
  @Field(() => Boolean) overdue: boolean;
  @Field(() => DateTimeScalar, { nullable: true }) resolvedAt: string | null;
  @Field(() => [ExceptionActionType]) actions: readonly ExceptionActionType[];
  @Field(() => AttributionType, { nullable: true }) attribution: AttributionType | null;
  @Field(() => Int) reopenedCount: number;
}

@ObjectType('ExceptionEdge')
class ExceptionEdgeType {
  @Field(() => ExceptionCaseType) node: ExceptionCaseType;
  @Field(() => String) cursor: string;
}

@ObjectType('ExceptionConnection')
export class ExceptionConnectionType {
  @Field(() => [ExceptionEdgeType]) edges: readonly ExceptionEdgeType[];
  @Field(() => PageInfoType) pageInfo: PageInfoType;
  @Field(() => Int) totalCount: number;
}

@ObjectType('ExceptionPayload', { implements: () => WrittenType })
export class ExceptionPayloadType extends WrittenType {
  @Field(() => ExceptionCaseType) exception: ExceptionCaseType;
}

const NAME_MAX = 200;

@InputType('ExceptionFilter')
export class ExceptionFilterInput {
  @Field(() => ID, { nullable: true }) @IsOptional() @MaxLength(NAME_MAX) orderNumber?: string | null;
  @Field(() => String, { nullable: true }) @IsOptional() @MaxLength(NAME_MAX) type?: string | null;
  @Field(() => ExceptionStageEnum, { nullable: true }) @IsOptional() stage?: ExceptionStage | null;
  @Field(() => ExceptionSeverityEnum, { nullable: true }) @IsOptional() severity?: ExceptionSeverity | null;
  @Field(() => ResponsiblePartyEnum, { nullable: true }) @IsOptional() responsible?: ResponsibleParty | null;
  @Field(() => [ExceptionStatusEnum], { nullable: true }) @IsOptional() @ArrayMaxSize(20) status?: readonly ExceptionStatus[] | null;
  @Field(() => Boolean, { nullable: true }) @IsOptional() overdue?: boolean | null;
  @Field(() => String, { nullable: true }) @IsOptional() @MaxLength(NAME_MAX) owner?: string | null;
  @Field(() => DateTimeScalar, { nullable: true }) @IsOptional() raisedFrom?: string | null;
  @Field(() => DateTimeScalar, { nullable: true }) @IsOptional() raisedTo?: string | null;
}

@InputType('AttributionInput')
export class AttributionInput {
  @Field(() => String) @MaxLength(2_000) rootCause: string;
  @Field(() => ResponsiblePartyEnum) responsible: ResponsibleParty;
  @Field(() => Boolean) preventable: boolean;
  @Field(() => String) @MaxLength(2_000) note: string;
  @Field(() => String, { nullable: true }) @IsOptional() @MaxLength(2_000) preventiveAction?: string | null;
}
