// Alerts as clients see them: what was found, about what, and who has taken note of it.
// The sentence says what to do; programs go by kind and subject.
import { ALERT_KINDS, type AlertKind } from '@app/domain';
import { Field, ID, ObjectType, registerEnumType } from '@nestjs/graphql';
import { enumOf } from '../graphql/base.types';
import { DateTimeScalar } from '../graphql/scalars';

export const AlertKindEnum = enumOf(ALERT_KINDS);
registerEnumType(AlertKindEnum, { name: 'AlertKind' });

@ObjectType('Alert')
export class AlertType {
  @Field(() => ID) alertId: string;
  @Field(() => AlertKindEnum) kind: AlertKind;
  @Field(() => String) subject: string;
  @Field(() => String) message: string;
  @Field(() => DateTimeScalar) raisedAt: string;
  @Field(() => String, { nullable: true }) acknowledgedBy: string | null;
  @Field(() => DateTimeScalar, { nullable: true }) acknowledgedAt: string | null;
}
