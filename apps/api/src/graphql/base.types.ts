// Shapes that types of every part of the schema are built from: enums, pages, and what a mutation has written.
// They know none of the parts, so that types of two parts may hold each other.
import { Field, InterfaceType, ObjectType } from '@nestjs/graphql';
import { PositionScalar } from './scalars';

/** A GraphQL enum of the values the domain lists, under their own names. */
export function enumOf<Value extends string>(values: readonly Value[]): { [Name in Value]: Name } {
  return Object.fromEntries(values.map((value) => [value, value])) as { [Name in Value]: Name };
}

@ObjectType('PageInfo')
export class PageInfoType {
  @Field(() => Boolean) hasNextPage: boolean;
  @Field(() => String, { nullable: true }) endCursor: string | null;
}

/** The field that a payload alone has, and the payload. */
const PAYLOADS = { settings: 'SettingsPayload', order: 'OrderPayload', staff: 'StaffPayload', approval: 'ApprovalPayload', exception: 'ExceptionPayload', policy: 'PolicyPayload', failures: 'BulkResult' } as const;

@InterfaceType('Written', {
  description: 'What a mutation wrote, and the position it wrote it at; see X-Min-Position.',
  resolveType: (value: object) => Object.entries(PAYLOADS).find(([field]) => field in value)?.[1] ?? 'Acknowledged',
})
export abstract class WrittenType {
  @Field(() => PositionScalar) position: string;
}

@ObjectType('Acknowledged', { implements: () => WrittenType })
export class AcknowledgedType extends WrittenType {}
