// People as clients see them. Roles are those of the organisation, as approval steps name them.
// Presenters build plain objects of these shapes: no field has a resolver of its own.
import { Field, ID, ObjectType, registerEnumType } from '@nestjs/graphql';
import { DateTimeScalar, DecimalScalar } from '../graphql/scalars';
import { enumOf, WrittenType } from '../graphql/base.types';

@ObjectType('Delegation')
class DelegationType {
  @Field(() => String) to: string;
  @Field(() => DateTimeScalar) from: string;
  @Field(() => DateTimeScalar) until: string;
  @Field(() => DecimalScalar, { nullable: true }) maxAmount: string | null;
}

@ObjectType('Staff')
export class StaffType {
  @Field(() => ID) staffId: string;
  @Field(() => String) name: string;
  @Field(() => [String]) roles: readonly string[];
  @Field(() => String, { nullable: true }) supervisor: string | null;
  @Field(() => String, { nullable: true }) backup: string | null;
  @Field(() => Boolean) active: boolean;
  @Field(() => DelegationType, { nullable: true }) delegation: DelegationType | null;
  @Field(() => String, { nullable: true }) email: string | null;
  @Field(() => String, { nullable: true }) phone: string | null;
}

@ObjectType('StaffPayload', { implements: () => WrittenType })
export class StaffPayloadType extends WrittenType {
  @Field(() => StaffType) staff: StaffType;
}

const SubstitutionEnum = enumOf(['DELEGATION', 'BACKUP', 'SUPERVISOR'] as const);
registerEnumType(SubstitutionEnum, { name: 'Substitution' });

@ObjectType('SubstitutionStep')
class SubstitutionStepType {
  @Field(() => ID) from: string;
  @Field(() => ID) to: string;
  @Field(() => SubstitutionEnum) by: keyof typeof SubstitutionEnum;
}

@ObjectType('Acting', { description: 'Who acts for somebody, and the way that leads there: empty while they act themselves.' })
export class ActingType {
  @Field(() => ID) staffId: string;
  @Field(() => [SubstitutionStepType]) way: readonly SubstitutionStepType[];
}
