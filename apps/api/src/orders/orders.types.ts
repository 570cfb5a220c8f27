// The order as clients see it. Presenters build plain objects of these shapes: no field has a resolver of its own,
// so that a compiled query reads them as they are.
import { CUSTOMER_TIERS, type CustomerTier, ORDER_STATUSES, type OrderStatus, PAYMENT_TERMS, type PaymentTerms, SHIPMENT_STATUSES, type ShipmentStatus, WORKFLOW_NODES, type WorkflowNode } from '@app/domain';
import { Field, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { ApprovalType } from '../approvals/approval.types';
import { ExceptionCaseType } from '../exceptions/exception.types';
import { enumOf, PageInfoType, WrittenType } from '../graphql/base.types';
import { DateTimeScalar, DecimalScalar } from '../graphql/scalars';

export const OrderStatusEnum = enumOf(ORDER_STATUSES);
export const WorkflowNodeEnum = enumOf(WORKFLOW_NODES);
const PaymentTermsEnum = enumOf(PAYMENT_TERMS);
const CustomerTierEnum = enumOf(CUSTOMER_TIERS);
const ShipmentStatusEnum = enumOf(SHIPMENT_STATUSES);
export const OrderSortEnum = enumOf(['PLACED_AT_DESC', 'PLACED_AT_ASC', 'UPDATED_AT_DESC', 'NODE_DUE_AT_ASC'] as const);
export type OrderSort = keyof typeof OrderSortEnum;
registerEnumType(OrderStatusEnum, { name: 'OrderStatus' });
registerEnumType(WorkflowNodeEnum, { name: 'WorkflowNode', description: 'A node of the order life cycle. Each has an owner role and a time limit (SLA).' });
registerEnumType(PaymentTermsEnum, { name: 'PaymentTerms' });
registerEnumType(CustomerTierEnum, { name: 'CustomerTier' });
registerEnumType(ShipmentStatusEnum, { name: 'ShipmentStatus' });
registerEnumType(OrderSortEnum, { name: 'OrderSort' });

@ObjectType('Money')
export class MoneyType {
  @Field(() => DecimalScalar) amount: string;
  @Field(() => String) currency: string;
}

@ObjectType('Customer')
export class CustomerType {
  @Field(() => String) customerId: string;
  @Field(() => String, { nullable: true }) name: string | null;
  @Field(() => CustomerTierEnum) tier: CustomerTier;
  @Field(() => String, { nullable: true }) phone: string | null;
  @Field(() => String, { nullable: true }) email: string | null;
}

@ObjectType('Address', { description: 'Masked for roles that need not see it; null once erased.' })
export class AddressType {
  @Field(() => String, { nullable: true }) country: string | null;
  @Field(() => String, { nullable: true }) province: string | null;
  @Field(() => String, { nullable: true }) city: string | null;
  @Field(() => String, { nullable: true }) district: string | null;
  @Field(() => String, { nullable: true }) detail: string | null;
  @Field(() => String, { nullable: true }) postcode: string | null;
}

@ObjectType('OrderLine')
export class OrderLineType {
  @Field(() => ID) lineId: string;
  @Field(() => String, { nullable: true, description: 'Null where the source gave none: the order is then on hold.' }) sku: string | null;
  @Field(() => Int, { nullable: true }) quantity: number | null;
  @Field(() => MoneyType, { nullable: true }) unitPrice: MoneyType | null;
  @Field(() => String, { nullable: true }) title: string | null;
  @Field(() => String, { nullable: true }) category: string | null;
  @Field(() => Boolean) skuMatched: boolean;
  @Field(() => Int) shippedQuantity: number;
  @Field(() => Int) returnedQuantity: number;
}

@ObjectType('Hold')
class HoldType {
  @Field(() => ID) holdId: string;
  @Field(() => String) reason: string;
  @Field(() => ID, { nullable: true }) exceptionId: string | null;
  @Field(() => String) placedBy: string;
  @Field(() => [String], { description: 'Roles of the API.' }) releasableBy: readonly string[];
  @Field(() => DateTimeScalar) placedAt: string;
  @Field(() => DateTimeScalar, { nullable: true }) expiresAt: string | null;
}

@ObjectType('ShipmentLine')
class ShipmentLineType {
  @Field(() => ID) lineId: string;
  @Field(() => Int) quantity: number;
}

@ObjectType('Shipment')
class ShipmentType {
  @Field(() => ID) shipmentId: string;
  @Field(() => String, { nullable: true }) warehouse: string | null;
  @Field(() => String, { nullable: true }) carrier: string | null;
  @Field(() => String, { nullable: true }) trackingNumber: string | null;
  @Field(() => ShipmentStatusEnum) status: ShipmentStatus;
  @Field(() => [ShipmentLineType]) lines: readonly ShipmentLineType[];
  @Field(() => DateTimeScalar) dispatchedAt: string;
  @Field(() => DateTimeScalar, { nullable: true }) deliveredAt: string | null;
}

@ObjectType('SourceReport')
class SourceReportType {
  @Field(() => String) system: string;
  @Field(() => String) status: string;
  @Field(() => DateTimeScalar) reportedAt: string;
  @Field(() => [WorkflowNodeEnum]) authoritativeFor: readonly WorkflowNode[];
  @Field(() => Boolean) agrees: boolean;
}

@ObjectType('Order')
export class OrderType {
  @Field(() => ID, { description: 'Unified number: platform code, yyyymmdd, serial of at least 5 digits. TB2026010900123.' }) orderNumber: string;
  @Field(() => String) platform: string;
  @Field(() => String, { nullable: true }) shopId: string | null;
  @Field(() => String, { description: "The platform's own id, kept as a string, lossless." }) externalId: string;
  @Field(() => OrderStatusEnum) status: OrderStatus;
  @Field(() => WorkflowNodeEnum, { nullable: true, description: 'Null once the order is closed.' }) node: WorkflowNode | null;
  @Field(() => DateTimeScalar, { nullable: true }) nodeEnteredAt: string | null;
  @Field(() => DateTimeScalar, { nullable: true }) nodeDueAt: string | null;
  @Field(() => String, { nullable: true }) nodeOwnerRole: string | null;
  @Field(() => Boolean) overdue: boolean;
  @Field(() => [HoldType], { description: 'Open holds. An order with any open hold does not move forward.' }) holds: readonly HoldType[];
  @Field(() => PaymentTermsEnum) paymentTerms: PaymentTerms;
  @Field(() => CustomerType) customer: CustomerType;
  @Field(() => AddressType) shippingAddress: AddressType;
  @Field(() => [OrderLineType]) lines: readonly OrderLineType[];
  @Field(() => MoneyType) total: MoneyType;
  @Field(() => DateTimeScalar) placedAt: string;
  @Field(() => DateTimeScalar) receivedAt: string;
  @Field(() => DateTimeScalar, { nullable: true }) paidAt: string | null;
  @Field(() => DateTimeScalar, { nullable: true }) shippedAt: string | null;
  @Field(() => DateTimeScalar, { nullable: true }) deliveredAt: string | null;
  @Field(() => DateTimeScalar, { nullable: true }) settledAt: string | null;
  @Field(() => DateTimeScalar, { nullable: true }) closedAt: string | null;
  @Field(() => [ShipmentType]) shipments: readonly ShipmentType[];
  @Field(() => [ApprovalType]) approvals: readonly ApprovalType[];
  @Field(() => [ExceptionCaseType]) exceptions: readonly ExceptionCaseType[];
  @Field(() => [SourceReportType], { description: 'What each source system last said of this order, side by side, and which one is authoritative.' })
  sources: readonly SourceReportType[];
  @Field(() => Int, { description: "Revision of the last event of the order's own stream; the first is 0, as in EventStoreDB." }) revision: number;
  @Field(() => DateTimeScalar) updatedAt: string;
  @Field(() => DateTimeScalar, { nullable: true, description: 'Set while an event of this order could not be projected; its row may be stale.' })
  staleSince: string | null;
}

@ObjectType('OrderEdge')
class OrderEdgeType {
  @Field(() => OrderType) node: OrderType;
  @Field(() => String) cursor: string;
}

@ObjectType('OrderConnection')
export class OrderConnectionType {
  @Field(() => [OrderEdgeType]) edges: readonly OrderEdgeType[];
  @Field(() => PageInfoType) pageInfo: PageInfoType;
  @Field(() => Int) totalCount: number;
}

@ObjectType('OrderPayload', { implements: () => WrittenType })
export class OrderPayloadType extends WrittenType {
  @Field(() => OrderType, { nullable: true }) order: OrderType | null;
}
