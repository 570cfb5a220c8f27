// What clients may ask for and send about orders, with the bounds that keep a request small.
// What they may say is decided by the domain.
import type { OrderStatus, WorkflowNode } from '@app/domain';
import { Field, InputType } from '@nestjs/graphql';
import { ArrayMaxSize, IsOptional, MaxLength, MinLength } from 'class-validator';
import { DateTimeScalar } from '../graphql/scalars';
import { OrderStatusEnum, WorkflowNodeEnum } from './orders.types';

const NAME_MAX = 200;

@InputType('OrderFilter')
export class OrderFilterInput {
  @Field(() => String, { nullable: true }) @IsOptional() @MaxLength(NAME_MAX) platform?: string | null;
  @Field(() => [OrderStatusEnum], { nullable: true }) @IsOptional() @ArrayMaxSize(20) status?: readonly OrderStatus[] | null;
  @Field(() => WorkflowNodeEnum, { nullable: true }) @IsOptional() node?: WorkflowNode | null;
  @Field(() => Boolean, { nullable: true }) @IsOptional() overdue?: boolean | null;
  @Field(() => Boolean, { nullable: true }) @IsOptional() onHold?: boolean | null;
  @Field(() => String, { nullable: true }) @IsOptional() @MaxLength(NAME_MAX) customerId?: string | null;
  @Field(() => String, { nullable: true }) @IsOptional() @MaxLength(NAME_MAX) carrier?: string | null;
  @Field(() => DateTimeScalar, { nullable: true }) @IsOptional() placedFrom?: string | null;
  @Field(() => DateTimeScalar, { nullable: true }) @IsOptional() placedTo?: string | null;
  @Field(() => String, { nullable: true, description: 'Matches order number or external id, exact.' }) @IsOptional() @MaxLength(NAME_MAX) search?: string | null;
}

@InputType('AddressInput')
export class AddressInput {
  @Field(() => String, { nullable: true }) @IsOptional() @MaxLength(NAME_MAX) country?: string | null;
  @Field(() => String) @MinLength(1) @MaxLength(NAME_MAX) province: string;
  @Field(() => String) @MinLength(1) @MaxLength(NAME_MAX) city: string;
  @Field(() => String, { nullable: true }) @IsOptional() @MaxLength(NAME_MAX) district?: string | null;
  @Field(() => String) @MinLength(1) @MaxLength(1000) detail: string;
  @Field(() => String, { nullable: true }) @IsOptional() @MaxLength(40) postcode?: string | null;
}
