// An order that is still at a node when the node's limit is over raises an alert: one for each stay, by business time and our clock.
// Imported history raises none. One small row for each order that is under way, and no command before it is due.
import { type Instant, type Intent, plusSeconds, type Policy, type Recorded } from '@app/kernel';
import { type Movement, ORDER_EVENT_TYPES, type OrderPlaced, type Passage, type WorkflowNode } from '@app/domain';
import { raiseAlert } from '../raise-alert';

/** The stay of an order that is under way; keyed by its stream. */
interface Stay {
  orderNumber: string;
  node: WorkflowNode;
  visit: number;
  ownerRole: string;
  due: Instant;
}
/** The order was imported as a past one. */
interface PastOrder {
  history: true;
}
type NodeTodo = Stay | PastOrder;

const NO_KEYS: readonly string[] = [];

export const nodeOverdue: Policy<NodeTodo> = {
  name: 'node-overdue',
  todo: {
    name: 'node-overdue',
    version: 1,
    reads: { order: Object.keys(ORDER_EVENT_TYPES) },
    indexes: [],
    sharding: 'by-key',
    keys: (event) => ((movementOf(event)?.passages.length ?? 0) > 0 ? [event.stream] : NO_KEYS),
    fold(row, event) {
      const moved = movementOf(event);
      if (moved === undefined) return row;
      if (moved.is.node === null) return undefined;
      if (isHistory(row, event)) return { history: true };
      const stay = moved.passages.find(({ is }) => is !== null && is.leftAt === null)?.is;
      if (stay === undefined || stay === null) return row === undefined || hasLeft(row, moved) ? undefined : row;
      const due = plusSeconds(stay.enteredAt, stay.limitSeconds);
      // Closed and opened again: whether it was imported as a past one is forgotten. What is long over then is let be.
      if (row === undefined && event.type !== 'OrderPlaced' && due <= event.recordedAt) return undefined;
      const { orderNumber } = event.data as { orderNumber: string };
      return { orderNumber, node: stay.node, visit: stay.visit, ownerRole: stay.ownerRole, due };
    },
  },

  react: () => [],

  dueAt: (row) => ('due' in row ? row.due : undefined),

  due: (row) => ('due' in row ? [{ ...raise(row), occasion: `${row.node}-${row.visit}` }] : []),
};

function raise({ orderNumber, node, visit, ownerRole, due }: Stay): Intent {
  return raiseAlert({
    alertId: `NODE_OVERDUE.${orderNumber}-${node}-${visit}`,
    kind: 'NODE_OVERDUE',
    subject: orderNumber,
    message: `At ${due} order ${orderNumber} had not left ${node}, and its limit there was over; ${ownerRole} sees to orders at ${node}.`,
    orderNumber,
    details: { node, visit, ownerRole, due },
  });
}

function hasLeft(row: NodeTodo, { passages }: Movement): boolean {
  return 'due' in row && passages.some(({ was }) => was !== null && isSameStay(row, was));
}

function isSameStay(row: Stay, { node, visit }: Passage): boolean {
  return row.node === node && row.visit === visit;
}

function isHistory(row: NodeTodo | undefined, { type, data }: Recorded): boolean {
  return (row !== undefined && 'history' in row) || (type === 'OrderPlaced' && (data as OrderPlaced['data']).history);
}

function movementOf({ data }: Recorded): Movement | undefined {
  return (data as { moved?: Movement }).moved;
}
