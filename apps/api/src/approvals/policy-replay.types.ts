// Past decisions made again, under their own rules or under others, as clients see them.
// Nothing here looks anything up: the resolver folds and presents.
import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { JsonScalar } from '../graphql/scalars';

@ObjectType('DecisionReplay', { description: 'A past decision executed again with the inputs and the rules of its own time.' })
export class DecisionReplayType {
  @Field(() => ID) approvalId: string;
  @Field(() => Int) policyVersion: number;
  @Field(() => JsonScalar) inputs: unknown;
  @Field(() => String) matchedRule: string;
  @Field(() => Boolean) sameAsRecorded: boolean;
  @Field(() => [String]) approverAuthority: readonly string[];
}

@ObjectType('CounterfactualCase')
class CounterfactualCaseType {
  @Field(() => ID) orderNumber: string;
  @Field(() => JsonScalar) recorded: unknown;
  @Field(() => JsonScalar) wouldBe: unknown;
}

@ObjectType('Counterfactual', { description: 'What a changed policy or rule set would have done with past orders.' })
export class CounterfactualType {
  @Field(() => Int) ordersExamined: number;
  @Field(() => Int) changed: number;
  @Field(() => [CounterfactualCaseType]) samples: readonly CounterfactualCaseType[];
}
