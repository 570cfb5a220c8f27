// From a row to the order that a client sees: plain objects, amounts as decimals, personal data only where selected.
// Opened for those who may see it, masked for those who need not, null where it is erased.
import { type Address, type Customer, decimalOf } from '@app/domain';
import type { Instant } from '@app/kernel';
import { type OrderRow, sourceReports } from '@app/projections';
import type { PersonalData, SealedGroup } from '@app/runtime';
import { maskAddress, maskCustomer } from '../access/masks';
import { type AnswerView, selects } from '../graphql/answer-view';
import type { AddressType, CustomerType, MoneyType, OrderLineType, OrderType } from './orders.types';

const CUSTOMER_FIELDS = ['name', 'phone', 'email'] as const;
const ADDRESS_FIELDS = ['detail', 'postcode'] as const;

export async function presentOrder(row: OrderRow, staleSince: Instant | undefined, view: AnswerView, personalData: PersonalData): Promise<OrderType> {
  const { currency } = row;
  // Opened one after the other and only where asked for: most questions wait for neither.
  const customer = CUSTOMER_FIELDS.some((field) => selects(view, `customer.${field}`)) ? await openCustomer(row, view, personalData) : closedCustomer(row);
  const shippingAddress = ADDRESS_FIELDS.some((field) => selects(view, `shippingAddress.${field}`)) ? await openAddress(row, view, personalData) : closedAddress(row);
  return {
    orderNumber: row.orderNumber,
    platform: row.platform,
    shopId: row.shopId,
    externalId: row.externalId,
    status: row.status,
    node: row.node,
    nodeEnteredAt: row.nodeEnteredAt,
    nodeDueAt: row.nodeDueAt,
    nodeOwnerRole: row.nodeOwnerRole,
    overdue: row.nodeDueAt !== null && row.nodeDueAt < view.now,
    holds: row.holds,
    paymentTerms: row.paymentTerms,
    customer,
    shippingAddress,
    lines: selects(view, 'lines') ? row.lines.map((line) => presentLine(line, currency)) : [],
    total: money(row.total, currency),
    placedAt: row.placedAt,
    receivedAt: row.receivedAt,
    paidAt: row.paidAt,
    shippedAt: row.shippedAt,
    deliveredAt: row.deliveredAt,
    settledAt: row.settledAt,
    closedAt: row.closedAt,
    shipments: row.shipments,
    approvals: [],
    exceptions: [],
    sources: selects(view, 'sources') ? sourceReports(row) : [],
    revision: row.revision,
    updatedAt: row.updatedAt,
    staleSince: staleSince ?? null,
  };
}

function presentLine(line: OrderRow['lines'][number], currency: string): OrderLineType {
  return {
    lineId: line.lineId,
    sku: line.sku,
    quantity: line.quantity,
    unitPrice: line.unitPrice === null ? null : money(line.unitPrice, currency),
    title: line.title,
    category: line.category,
    skuMatched: line.skuMatched,
    shippedQuantity: line.shippedQuantity,
    returnedQuantity: line.returnedQuantity,
  };
}

function money(units: number, currency: string): MoneyType {
  return { amount: decimalOf(units, currency), currency };
}

function closedCustomer({ customer: { customerId, tier } }: OrderRow): CustomerType {
  return { customerId, tier, name: null, phone: null, email: null };
}

function closedAddress({ shippingAddress: { country, province, city, district } }: OrderRow): AddressType {
  return { country, province, city, district, detail: null, postcode: null };
}

async function openCustomer(row: OrderRow, view: AnswerView, personalData: PersonalData): Promise<CustomerType> {
  const opened = (await personalData.openGroup(row.sealedFor.customer, row.customer as unknown as SealedGroup, CUSTOMER_FIELDS)) as unknown as Customer;
  return view.unmasked ? opened : maskCustomer(opened);
}

async function openAddress(row: OrderRow, view: AnswerView, personalData: PersonalData): Promise<AddressType> {
  const opened = (await personalData.openGroup(row.sealedFor.shippingAddress, row.shippingAddress as unknown as SealedGroup, ADDRESS_FIELDS)) as unknown as Address;
  return view.unmasked ? opened : maskAddress(opened);
}
