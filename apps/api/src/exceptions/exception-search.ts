// From what a client asks for to queries on rows of cases, the newest first; each field of the filter by itself goes along an index.
// Overdue is what is open still; resolved late is not overdue.
import { EXCEPTION_STATUSES } from '@app/domain';
import type { Instant } from '@app/kernel';
import { exceptions } from '@app/projections';
import type { RowFilter, RowReader, Scalar } from '@app/runtime';
import type { ExceptionFilterInput } from './exception.types';

export const NEWEST_FIRST = [{ field: 'raisedAt', direction: 'desc' }] as const;

/** `overdue`: in place of what the filter says of it. Undefined: nothing can match. */
export function exceptionFilter(filter: ExceptionFilterInput, now: Instant, overdue = filter.overdue): RowFilter | undefined {
  const where: Record<string, Scalar | readonly Scalar[]> = {};
  const range: NonNullable<RowFilter['range']>[number][] = [];
  for (const field of ['orderNumber', 'type', 'stage', 'severity', 'responsible', 'owner'] as const) {
    const value = filter[field];
    if (value != null) where[field] = value;
  }
  const { raisedFrom, raisedTo, status } = filter;
  if (status != null) {
    const asked = EXCEPTION_STATUSES.filter((one) => status.includes(one));
    if (asked.length === 0) return undefined;
    where['status'] = asked;
  }
  if (overdue === true) {
    where['open'] = true;
    range.push({ field: 'lateFrom', lt: now });
  }
  if (overdue === false) range.push({ field: 'lateFrom', gte: now });
  if (raisedFrom != null || raisedTo != null) range.push({ field: 'raisedAt', ...(raisedFrom == null ? {} : { gte: raisedFrom }), ...(raisedTo == null ? {} : { lt: raisedTo }) });
  return { where, range };
}

/** What is not overdue is nearly all there is: it is counted as what is left of the others. */
export async function countExceptions(rows: Pick<RowReader, 'count'>, filter: ExceptionFilterInput, now: Instant): Promise<number> {
  const count = async (overdue: boolean | null): Promise<number> => {
    const wanted = exceptionFilter(filter, now, overdue);
    return wanted === undefined ? 0 : rows.count(exceptions.name, wanted);
  };
  return filter.overdue === false ? (await count(null)) - (await count(true)) : count(filter.overdue ?? null);
}
