// One row per order, keyed by the name of its stream, with every review of it: the rule, the steps and their tasks.
// Most orders have one automatic approval: a row per order needs no index to be found by, and is one small write (12 us, one part in
// twenty-four of what all read models take for an order), so no reader has to read the stream.
import type { Instant, Projection, Recorded } from '@app/kernel';
import { type ApprovalEvent, ORDER_EVENT_TYPES, type ReviewDecided, type ReviewStarted, type ReviewStep, type ReviewTask, type TaskChange } from '@app/domain';
import type { RecordedOf } from '../recorded-of';

/** PENDING until it is decided; a step that was not reached when the review ended is WITHDRAWN, or EXEMPTED with it. */
export type ApprovalStatus = 'PENDING' | 'WITHDRAWN' | ReviewDecided['data']['outcome'];

interface ApprovalStepRow extends ReviewStep {
  status: ApprovalStatus;
  /** As they were made, those that were handed over among them. */
  tasks: ReviewTask[];
}

export interface ApprovalRow {
  approvalId: string;
  status: ApprovalStatus;
  policyVersion: number;
  matchedRule: string;
  /** The rule's expression; null for an automatic approval, whose event names the rule alone. */
  when: string | null;
  requestedAt: Instant;
  decidedAt: Instant | null;
  /** None: approved automatically. */
  steps: ApprovalStepRow[];
}

export interface ApprovalsRow {
  orderNumber: string;
  /** In the order in which they began. */
  approvals: ApprovalRow[];
}

type ReviewEvent = RecordedOf<Exclude<ApprovalEvent, { type: `Exemption${string}` | 'TaskOverdue' }> | ReviewDecided>;

const SHOWN: ReadonlySet<string> = new Set<ReviewEvent['type']>(['ReviewStarted', 'TasksRouted', 'TaskHandedOver', 'TaskDecided', 'ReviewWithdrawn', 'ReviewDecided']);
const NO_KEYS: readonly string[] = [];

export const approvals: Projection<ApprovalsRow> = {
  name: 'approvals',
  version: 1,
  reads: { order: Object.keys(ORDER_EVENT_TYPES) },
  // Asked for by key alone.
  indexes: [],
  sharding: 'by-key',

  keys: event => (SHOWN.has(event.type) ? [event.stream] : NO_KEYS),

  fold(before, recorded: Recorded) {
    const event = recorded as ReviewEvent;
    const row = before ?? { orderNumber: event.data.orderNumber, approvals: [] };
    if (event.type === 'ReviewStarted') {
      row.approvals.push(started(event));
      return row;
    }
    const approval = row.approvals.find(({ approvalId }) => approvalId === event.data.approvalId);
    if (approval !== undefined) apply(approval, event);
    else if (event.type === 'ReviewDecided') row.approvals.push(automatic(event));
    else throw new Error(`${event.type} came before ReviewStarted of ${event.data.approvalId}.`);
    return row;
  },
};

function started({ data, meta }: RecordedOf<ReviewStarted>): ApprovalRow {
  const { approvalId, policyVersion, matchedRule, when, steps } = data;
  return { approvalId, status: 'PENDING', policyVersion, matchedRule, when, requestedAt: meta.occurredAt, decidedAt: null, steps: steps.map(step => ({ ...step, status: 'PENDING', tasks: [] })) };
}

function automatic({ data, meta }: RecordedOf<ReviewDecided>): ApprovalRow {
  const { approvalId, outcome, policyVersion, matchedRule } = data;
  return { approvalId, status: outcome, policyVersion, matchedRule, when: null, requestedAt: meta.occurredAt, decidedAt: meta.occurredAt, steps: [] };
}

function apply(approval: ApprovalRow, event: Exclude<ReviewEvent, RecordedOf<ReviewStarted>>): void {
  takeOver(approval, event.data.tasks ?? []);
  switch (event.type) {
    case 'TasksRouted': {
      const { stepId, needed } = event.data;
      for (const step of approval.steps) if (step.stepId === stepId) step.needed = needed;
      return;
    }
    case 'TaskDecided': {
      const { stepId, stepStatus } = event.data;
      for (const step of approval.steps) if (step.stepId === stepId) step.status = stepStatus;
      return;
    }
    case 'TaskHandedOver':
      return;
    case 'ReviewWithdrawn':
      return end(approval, 'WITHDRAWN', event.meta.occurredAt);
    case 'ReviewDecided':
      return end(approval, event.data.outcome, event.meta.occurredAt);
    default:
      throw new Error(`approvals does not know ${(event satisfies never as Recorded).type}.`);
  }
}

function takeOver(approval: ApprovalRow, tasks: readonly TaskChange[]): void {
  for (const { is } of tasks) {
    const step = approval.steps.find(({ stepId }) => stepId === is.stepId);
    if (step === undefined) throw new Error(`${is.taskId} is of no step of ${approval.approvalId}.`);
    const place = step.tasks.findIndex(({ taskId }) => taskId === is.taskId);
    if (place < 0) step.tasks.push(is);
    else step.tasks[place] = is;
  }
}

function end(approval: ApprovalRow, status: ApprovalStatus, at: Instant): void {
  approval.status = status;
  approval.decidedAt = at;
  for (const step of approval.steps) if (step.status === 'PENDING') step.status = status === 'EXEMPTED' ? 'EXEMPTED' : 'WITHDRAWN';
}
