// What the demo's week came to, asked of the API as any front end would: counts, the board, what is overdue, one order's replay.
// Nothing is computed here that the API does not answer.
import { ask, type ServerAddress } from '../graphql-client';
import { table } from '../print';
import { describeReplay, fetchReplay } from '../replay.command';

interface BoardNode {
  node: string;
  ownerRole: string;
  pending: number;
  overdue: number;
  onHold: number;
  completed: number;
  completedLate: number;
  meanTime: string | null;
  p90Time: string | null;
}
interface OverdueOrder {
  orderNumber: string;
  status: string;
  node: string;
  nodeOwnerRole: string;
  nodeDueAt: string;
}
interface BacklogGroup {
  key: string;
  pending: number;
  overdue: number;
  decided: number;
  meanDecisionTime: string | null;
  hoursToClear: number | null;
}
interface Task {
  orderNumber: string;
  role: string;
  assignee: string | null;
  actingFor: string | null;
  dueAt: string;
  order: { total: { amount: string } } | null;
  handovers: { from: string | null; to: string | null; reason: string }[];
}
interface Answer extends Record<(typeof ALERT_KINDS)[number], { message: string }[]> {
  approvalBacklog: { pending: number; overdue: number; byRole: BacklogGroup[]; byAssignee: BacklogGroup[] };
  approvalTasks: { totalCount: number; edges: { node: Task }[] };
  workflowBoard: { nodes: BoardNode[] };
  overdue: { totalCount: number; edges: { node: OverdueOrder }[] };
  held: { totalCount: number; edges: { node: { orderNumber: string; holds: { reason: string }[] } }[] };
  quarantine: { system: string; errors: string[] }[];
  waitingFacts: { system: string; topic: string; externalId: string | null }[];
  returned: { edges: { node: { orderNumber: string } }[] };
}

const STATUSES = ['AWAITING_PAYMENT', 'IN_REVIEW', 'AWAITING_ALLOCATION', 'AWAITING_SHIPMENT', 'PARTIALLY_SHIPPED', 'IN_TRANSIT', 'AWAITING_SETTLEMENT', 'SETTLED', 'CANCELLED', 'REJECTED', 'RETURNED'];
/** Those of approvals, and of nodes that orders do not leave. */
const ALERT_KINDS = ['ROUTE_BROKEN', 'TASK_HANDED_OVER', 'APPROVAL_OVERDUE', 'BACKLOG_PEAK', 'NODE_OVERDUE'] as const;
/** As many as the API answers at once. */
const ALERTS_MAX = 200;
const QUERY = `query($from: DateTime!, $to: DateTime!) {
  workflowBoard(from: $from, to: $to) { nodes { node ownerRole pending overdue onHold completed completedLate meanTime p90Time } }
  overdue: orders(filter: { overdue: true }, sort: NODE_DUE_AT_ASC, first: 5) { totalCount edges { node { orderNumber status node nodeOwnerRole nodeDueAt } } }
  held: orders(filter: { onHold: true }, first: 3) { totalCount edges { node { orderNumber holds { reason } } } }
  returned: orders(filter: { status: [RETURNED] }, first: 1) { edges { node { orderNumber } } }
  quarantine(first: 10) { system errors }
  waitingFacts(first: 10) { system topic externalId }
  approvalBacklog {
    pending overdue
    byRole { key pending overdue decided meanDecisionTime hoursToClear }
    byAssignee { key pending overdue decided meanDecisionTime hoursToClear }
  }
  approvalTasks(filter: { status: [PENDING, UNROUTED] }, first: 6) {
    totalCount
    edges { node { orderNumber role assignee actingFor dueAt order { total { amount } } handovers { from to reason } } }
  }
  ${ALERT_KINDS.map((kind) => `${kind}: alerts(kind: ${kind}, first: ${ALERTS_MAX}) { message }`).join(' ')}
}`;

export async function summarize(server: ServerAddress, from: Date, to: Date): Promise<{ text: string; figures: Record<string, unknown> }> {
  const counts = await countStatuses(server);
  const answer = await ask<Answer>(server, QUERY, { from: from.toISOString(), to: to.toISOString() });
  const example = answer.returned.edges[0]?.node.orderNumber ?? answer.overdue.edges[0]?.node.orderNumber;
  const replay = example === undefined ? '' : describeReplay(await fetchReplay(server, example, null));
  const board = answer.workflowBoard.nodes.map((node) =>
    [node.node, node.ownerRole, node.pending, node.overdue, node.onHold, node.completed, node.completedLate, node.meanTime ?? '', node.p90Time ?? ''].map(String));
  const { approvalBacklog: backlog, approvalTasks: tasks } = answer;
  const groups = [...backlog.byRole, ...backlog.byAssignee].map((group) => [group.key, group.pending, group.overdue, group.decided, group.meanDecisionTime ?? ''].map(String));
  const waiting = tasks.edges.map(({ node: { orderNumber, order, role, assignee, actingFor, dueAt, handovers } }) =>
    [orderNumber, order?.total.amount ?? '', role, assignee ?? '-', actingFor ?? '', dueAt, handovers.map(({ from, to, reason }) => `${from ?? '-'} > ${to ?? '-'} ${reason}`).join(', ')]);
  const alerts = ALERT_KINDS.filter((kind) => answer[kind].length > 0);
  const kinds = alerts.map((kind) => [kind, `${answer[kind].length}${answer[kind].length === ALERTS_MAX ? ' or more' : ''}`, answer[kind][0]!.message]);
  const sections = [
    ['Orders by status', table(['status', 'orders'], counts.map(([status, count]) => [status, String(count)]))],
    ['Workflow board of the week 流程看板', table(['node', 'owner', 'pending', 'overdue', 'on hold', 'completed', 'late', 'mean', 'p90'], board)],
    [`Overdue longest (of ${answer.overdue.totalCount}) 超时`, table(['order', 'status', 'owner', 'due at'], answer.overdue.edges.map(({ node }) => [node.orderNumber, node.status, node.nodeOwnerRole, node.nodeDueAt]))],
    [`Approvals that wait, by role and person (${backlog.pending}) 审批积压`, table(['role or person', 'pending', 'overdue', 'decided', 'mean'], groups)],
    [`Due first (of ${tasks.totalCount}) 待审批`, table(['order', 'total', 'role', 'assignee', 'acting for', 'due at', 'handed over'], waiting)],
    ['Alerts 预警', table(['kind', 'alerts', 'the latest'], kinds)],
    [`On hold (of ${answer.held.totalCount}) 挂起`, table(['order', 'because'], answer.held.edges.map(({ node }) => [node.orderNumber, node.holds.map(({ reason }) => reason).join('; ')]))],
    ['Quarantine 隔离', table(['system', 'because'], answer.quarantine.map(({ system, errors }) => [system, errors.join('; ')]))],
    ['Facts that wait for their order', table(['system', 'topic', 'order'], answer.waitingFacts.map(({ system, topic, externalId }) => [system, topic, externalId ?? '']))],
    ['Replay of one order 回放', replay],
  ] as const;
  return {
    text: sections.map(([title, body]) => `\n${title}\n\n${body}`).join('\n'),
    figures: { counts: Object.fromEntries(counts), board: answer.workflowBoard.nodes, overdue: answer.overdue.totalCount, onHold: answer.held.totalCount, quarantined: answer.quarantine.length, waiting: answer.waitingFacts.length, approvals: backlog, alerts: Object.fromEntries(alerts.map((kind) => [kind, answer[kind].length])) },
  };
}

async function countStatuses(server: ServerAddress): Promise<[string, number][]> {
  const fields = STATUSES.map((status) => `${status}: orders(filter: { status: [${status}] }, first: 1) { totalCount }`).join(' ');
  const counts = await ask<Record<string, { totalCount: number }>>(server, `{ ${fields} }`);
  return STATUSES.map((status): [string, number] => [status, counts[status]!.totalCount]).filter(([, count]) => count > 0);
}
