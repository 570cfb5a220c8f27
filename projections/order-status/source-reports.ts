// What each source system last said of an order, side by side with where the order stands, and who is to be believed at which node.
// A fact that does not count is listed with its reason, also when its system has said something else since.
import type { Instant } from '@app/kernel';
import { authorityOn, ORDER_STATUSES, type OrderStatus, type WorkflowNode } from '@app/domain';
import type { OrderRow, SourceWord } from './order-row';

export interface SourceReport {
  system: string;
  /** What was said; of a fact that does not count with the reason: `CANCELLED (refused: OrderAlreadyShipped)`. */
  status: string;
  reportedAt: Instant;
  authoritativeFor: WorkflowNode[];
  /** False where the order stands otherwise, or where the word means nothing here. */
  agrees: boolean;
}

/** Statuses that a word about goods agrees with. */
const SHIPPED: readonly OrderStatus[] = ['PARTIALLY_SHIPPED', 'IN_TRANSIT', 'AWAITING_SETTLEMENT', 'SETTLED', 'RETURNED'];
const AGREES_WITH: Readonly<Record<string, readonly OrderStatus[]>> = {
  // Part of an order may be allocated while it still waits for the rest.
  ALLOCATED: ['AWAITING_ALLOCATION', 'AWAITING_SHIPMENT', 'PARTIALLY_SHIPPED'],
  SHORTAGE: ['AWAITING_PAYMENT', 'IN_REVIEW', 'AWAITING_ALLOCATION', 'CANCELLED', 'REJECTED'],
  DISPATCHED: SHIPPED,
  OUT_FOR_DELIVERY: ['PARTIALLY_SHIPPED', 'IN_TRANSIT'],
  DELIVERED: SHIPPED,
  LOST: SHIPPED,
};

/** In the order of the systems' names; a system appears again for each of its refused facts that is not its last word. */
export function sourceReports(row: OrderRow): SourceReport[] {
  const refused = new Map(row.refused.map(fact => [fact.factId, fact]));
  const heard = Object.keys(row.sources);
  const authority = (system: string): WorkflowNode[] => [...authorityOn(row.platform, heard, system)];
  const reports: SourceReport[] = [];
  for (const [system, word] of Object.entries(row.sources)) {
    const refusal = refused.get(word.factId);
    refused.delete(word.factId);
    reports.push({
      system,
      status: refusal === undefined ? word.status : refusedStatus(word.status, refusal.rejection),
      reportedAt: word.at,
      authoritativeFor: authority(system),
      agrees: refusal === undefined && agrees(row, word),
    });
  }
  for (const { system, topic, at, rejection } of refused.values()) {
    const status = refusedStatus(topic === 'cancellations' ? 'CANCELLED' : topic === 'orders' ? 'AMENDED' : topic.toUpperCase(), rejection);
    reports.push({ system, status, reportedAt: at, authoritativeFor: authority(system), agrees: false });
  }
  return reports.sort((a, b) => compare(a.system, b.system) || compare(b.reportedAt, a.reportedAt));
}

function refusedStatus(status: string, rejection: string): string {
  return `${status} (refused: ${rejection})`;
}

function agrees(row: OrderRow, { topic, status }: SourceWord): boolean {
  switch (topic) {
    case 'orders':
      return true;
    case 'tracking':
      return SHIPPED.includes(row.status) && row.shipments.some(shipment => shipment.status === status);
    case 'returns':
      return row.lines.some(line => line.returnedQuantity > 0);
    case 'settlements':
      return row.settledAt !== null;
    default:
      return agreesAsWord(row, status.toUpperCase());
  }
}

function agreesAsWord(row: OrderRow, word: string): boolean {
  if (word === 'PAID') return row.paidAt !== null;
  if (word === 'FAILED') return row.paidAt === null;
  if (word === 'REFUNDED') return row.refunded > 0;
  if (word === 'PLACED') return true;
  if ((ORDER_STATUSES as readonly string[]).includes(word)) return word === row.status;
  return AGREES_WITH[word]?.includes(row.status) ?? false;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
