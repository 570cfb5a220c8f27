// The life cycle of an order as data: the graph that business people see, exported from the code that runs it.
// Owners and limits come from the settings in force, so that the picture shows what is in force.
import { isoDuration } from './iso-duration';
import { ORDER_STATUSES, WORKFLOW_NODES, type OrderStatus, type WorkflowNode } from './order/order.events';
import { STATUSES_AT } from './order/conclusion';
import type { SettingsValues } from './settings/settings.events';

interface LifeCycleNode {
  node: WorkflowNode;
  chinese: string;
  /** Statuses of an order while it is there. */
  statuses: readonly OrderStatus[];
  /** What ends the stay, in words. */
  leavesBy: string;
  ownerRole: string;
  limitSeconds: number;
}

interface LifeCycleStep {
  from: WorkflowNode | OrderStatus | 'START';
  to: WorkflowNode | OrderStatus;
  by: string;
}

interface LifeCycle {
  nodes: readonly LifeCycleNode[];
  steps: readonly LifeCycleStep[];
  closed: readonly OrderStatus[];
}

const WORDS: Readonly<Record<WorkflowNode, { chinese: string; leavesBy: string }>> = {
  PAYMENT: { chinese: '付款', leavesBy: 'paid in full' },
  REVIEW: { chinese: '审核', leavesBy: 'approved' },
  ALLOCATION: { chinese: '配货', leavesBy: 'stock allocated' },
  OUTBOUND: { chinese: '出库', leavesBy: 'every line dispatched' },
  DELIVERY: { chinese: '配送', leavesBy: 'every parcel ended' },
  SETTLEMENT: { chinese: '结算', leavesBy: 'settled = total less refunds' },
};

const STEPS: readonly LifeCycleStep[] = [
  { from: 'START', to: 'PAYMENT', by: 'placed' },
  { from: 'START', to: 'REVIEW', by: 'placed, cash on delivery or credit' },
  ...WORKFLOW_NODES.map((node, i) => ({ from: node, to: WORKFLOW_NODES[i + 1] ?? ('SETTLED' as const), by: WORDS[node].leavesBy })),
  { from: 'REVIEW', to: 'REJECTED', by: 'rejected' },
  { from: 'REVIEW', to: 'REVIEW', by: 'amended' },
  { from: 'ALLOCATION', to: 'REVIEW', by: 'amended' },
  { from: 'OUTBOUND', to: 'REVIEW', by: 'amended' },
  { from: 'REVIEW', to: 'PAYMENT', by: 'amended, costs more than was paid' },
  { from: 'ALLOCATION', to: 'PAYMENT', by: 'amended, costs more than was paid' },
  { from: 'OUTBOUND', to: 'PAYMENT', by: 'amended, costs more than was paid' },
  ...(['PAYMENT', 'REVIEW', 'ALLOCATION', 'OUTBOUND'] as const).map((from) => ({ from, to: 'CANCELLED' as const, by: 'cancelled before dispatch' })),
  ...(['OUTBOUND', 'DELIVERY', 'SETTLEMENT', 'SETTLED'] as const).map((from) => ({ from, to: 'RETURNED' as const, by: 'everything shipped came back' })),
];

/** The graph with the owners and limits of these settings. */
export function lifeCycle({ nodes }: Pick<SettingsValues, 'nodes'>): LifeCycle {
  return {
    nodes: nodes.map(({ node, ownerRole, limitSeconds }) => ({ node, ...WORDS[node], statuses: STATUSES_AT[node], ownerRole, limitSeconds })),
    steps: STEPS,
    closed: ORDER_STATUSES.filter((status) => !WORKFLOW_NODES.some((node) => STATUSES_AT[node].includes(status))),
  };
}

/** The graph as a Mermaid state diagram, text that any Mermaid renders. */
export function toMermaid({ closed, nodes, steps }: LifeCycle): string {
  const lines = ['stateDiagram-v2'];
  for (const { chinese, limitSeconds, node, ownerRole, statuses } of nodes) {
    lines.push(`  ${node}: ${node} ${chinese}<br/>${statuses.join(', ')}<br/>${ownerRole}, ${isoDuration(limitSeconds)}`);
  }
  for (const { by, from, to } of steps) lines.push(`  ${from === 'START' ? '[*]' : from} --> ${to}: ${by}`);
  for (const status of closed) lines.push(`  ${status} --> [*]`);
  return `${lines.join('\n')}\n`;
}
