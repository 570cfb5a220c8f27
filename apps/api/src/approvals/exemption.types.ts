// Exemptions as clients see them. `reviewer`: who is to review it; once it is reviewed, who did.
// EXPIRED: nobody reviewed it in time.
import type { ExemptionStatus } from '@app/projections';
import { Field, ID, ObjectType, registerEnumType } from '@nestjs/graphql';
import { enumOf } from '../graphql/base.types';
import { DateTimeScalar } from '../graphql/scalars';

export const ExemptionStatusEnum: { [Name in ExemptionStatus]: Name } = enumOf(['UNDER_REVIEW', 'UPHELD', 'NOT_UPHELD', 'EXPIRED'] as const);
registerEnumType(ExemptionStatusEnum, { name: 'ExemptionStatus' });

@ObjectType('Exemption')
export class ExemptionType {
  @Field(() => ID) orderNumber: string;
  @Field(() => String) grantedBy: string;
  @Field(() => String) reason: string;
  @Field(() => DateTimeScalar) grantedAt: string;
  @Field(() => DateTimeScalar) expiresAt: string;
  @Field(() => String, { nullable: true }) reviewer: string | null;
  @Field(() => ExemptionStatusEnum) status: ExemptionStatus;
  @Field(() => String, { nullable: true }) comment: string | null;
}
