// What clients see of work on many orders at once: the frozen set first, then what became of each.
// Failures are named order by order; what succeeded is counted.
import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { DateTimeScalar } from '../graphql/scalars';
import { WrittenType } from '../graphql/base.types';

@ObjectType('BulkPreview', { description: 'Nothing is released before the preview is confirmed with its token; the set is frozen in the token.' })
export class BulkPreviewType {
  @Field(() => String) token: string;
  @Field(() => Int) count: number;
  @Field(() => [ID]) sample: readonly string[];
  @Field(() => DateTimeScalar) expiresAt: string;
}

@ObjectType('BulkFailure')
class BulkFailureType {
  @Field(() => ID) orderNumber: string;
  @Field(() => String) code: string;
  @Field(() => String) message: string;
}

@ObjectType('BulkResult', { implements: () => WrittenType })
export class BulkResultType extends WrittenType {
  @Field(() => Int) succeeded: number;
  @Field(() => [BulkFailureType]) failures: readonly BulkFailureType[];
}
