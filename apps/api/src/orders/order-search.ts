// From what a client asks for to queries on rows: filters, sorting, and a page with its cursors.
// A search matches an order number or an external id: two look-ups whose answers make one list.
import type { Instant } from '@app/kernel';
import type { OrderRow } from '@app/projections';
import type { RowFilter, RowPage, RowQuery } from '@app/runtime';
import { otherCursor } from '../graphql/pages';
import type { OrderFilterInput } from './orders.inputs';
import type { OrderSort } from './orders.types';

interface OrderRows {
  find(query: RowQuery): Promise<RowPage<OrderRow>>;
  count(filter: RowFilter): Promise<number>;
}

const SORTS: Readonly<Record<OrderSort, NonNullable<RowQuery['sort']>>> = {
  PLACED_AT_DESC: [{ field: 'placedAt', direction: 'desc' }],
  PLACED_AT_ASC: [{ field: 'placedAt', direction: 'asc' }],
  UPDATED_AT_DESC: [{ field: 'updatedAt', direction: 'desc' }],
  NODE_DUE_AT_ASC: [{ field: 'dueOrder', direction: 'asc' }],
};
/** Cursor of the order whose number was searched for: those with such an external id come after it. */
const AFTER_NUMBER = 'number';

function rowFilter(filter: OrderFilterInput, now: Instant): { where: Record<string, string | boolean | readonly string[]>; range: NonNullable<RowFilter['range']>[number][] } {
  const where: Record<string, string | boolean | readonly string[]> = {};
  const range: NonNullable<RowFilter['range']>[number][] = [];
  for (const field of ['platform', 'node', 'onHold', 'customerId', 'carrier'] as const) {
    const value = filter[field];
    if (value !== undefined && value !== null) where[field] = value;
  }
  if (filter.status !== undefined && filter.status !== null) where['status'] = filter.status;
  if (filter.overdue === true) range.push({ field: 'dueOrder', lt: now });
  if (filter.overdue === false) range.push({ field: 'dueOrder', gte: now });
  const { placedFrom, placedTo } = filter;
  if (placedFrom != null || placedTo != null) range.push({ field: 'placedAt', ...(placedFrom == null ? {} : { gte: placedFrom }), ...(placedTo == null ? {} : { lt: placedTo }) });
  return { where, range };
}

/** Throws BAD_USER_INPUT for a cursor of another query. */
export async function findOrders(rows: OrderRows, filter: OrderFilterInput, sort: OrderSort, limit: number, after: string | null | undefined, now: Instant): Promise<RowPage<OrderRow>> {
  if (filter.status?.length === 0) return { rows: [], hasMore: false };
  const { where, range } = rowFilter(filter, now);
  const query = (extra: Record<string, string>, size: number, cursor?: string | null): Promise<RowPage<OrderRow>> =>
    rows.find({ where: { ...where, ...extra }, range, sort: SORTS[sort], limit: size, ...(cursor == null ? {} : { after: cursor }) });
  try {
    const { search } = filter;
    if (search == null) return await query({}, limit, after);
    if (after != null) return await query({ externalId: search }, limit, after === AFTER_NUMBER ? null : after);
    const byNumber = await query({ orderNumber: search }, 1);
    const byExternalId = await query({ externalId: search }, limit);
    const numbered = byNumber.rows.map((row) => ({ ...row, cursor: AFTER_NUMBER }));
    const others = byExternalId.rows.filter(({ key }) => !numbered.some((row) => row.key === key));
    const all = [...numbered, ...others];
    return { rows: all.slice(0, limit), hasMore: byExternalId.hasMore || all.length > limit };
  } catch (error) {
    return otherCursor(error);
  }
}

export async function countOrders(rows: OrderRows, filter: OrderFilterInput, now: Instant): Promise<number> {
  if (filter.status?.length === 0) return 0;
  const { where, range } = rowFilter(filter, now);
  if (filter.search == null) return rows.count({ where, range });
  const byNumber = await rows.count({ where: { ...where, orderNumber: filter.search }, range });
  const byExternalId = await rows.count({ where: { ...where, externalId: filter.search }, range });
  const both = byNumber > 0 && byExternalId > 0 ? await rows.count({ where: { ...where, orderNumber: filter.search, externalId: filter.search }, range }) : 0;
  return byNumber + byExternalId - both;
}
