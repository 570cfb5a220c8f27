// One row per exception case: what it is about, who sees to it by when, what was done, and why it came about.
// `open` and `lateFrom` stand beside status and due date so that what is or is not overdue is found by a range; the reader asks the clock.
import type { Instant, Projection, Recorded } from '@app/kernel';
import { type Attribution, EXCEPTION_EVENT_TYPES, type ExceptionEvent, type ExceptionRaised, type ExceptionStatus } from '@app/domain';
import type { RecordedOf } from '../recorded-of';

interface ExceptionActionRow {
  actionId: string;
  code: string;
  takenBy: string;
  takenAt: Instant;
  note: string | null;
  /** PENDING: it is not known yet what came of it. */
  outcome: 'PENDING' | 'DONE' | 'REFUSED';
  /** Why the order refused it. */
  refusal: { code: string; message: string } | null;
}

type RaisedData = ExceptionRaised['data'];

export interface ExceptionRow extends RaisedData {
  status: ExceptionStatus;
  open: boolean;
  /** When it is overdue from; a resolved one never is. */
  lateFrom: Instant;
  owner: string | null;
  raisedAt: Instant;
  resolvedAt: Instant | null;
  actions: ExceptionActionRow[];
  attribution: (Attribution & { by: string; at: Instant }) | null;
  reopenedCount: number;
}

const NEVER: Instant = '9999-12-31T23:59:59.999Z';

export const exceptions: Projection<ExceptionRow> = {
  name: 'exceptions',
  version: 1,
  reads: { exception: Object.keys(EXCEPTION_EVENT_TYPES) },
  indexes: [
    { fields: ['raisedAt'] }, { fields: ['orderNumber', 'raisedAt'] }, { fields: ['status', 'raisedAt'] }, { fields: ['type', 'raisedAt'] }, { fields: ['owner', 'raisedAt'] },
    { fields: ['open', 'lateFrom'] }, { fields: ['stage', 'severity', 'responsible', 'raisedAt'] }, { fields: ['stage', 'raisedAt'] }, { fields: ['severity', 'raisedAt'] }, { fields: ['responsible', 'raisedAt'] },
  ],
  sharding: 'by-key',

  keys: ({ data }) => [(data as ExceptionEvent['data']).exceptionId],

  fold(row, recorded: Recorded) {
    const event = recorded as RecordedOf<ExceptionEvent>;
    const at = event.meta.occurredAt;
    if (event.type === 'ExceptionRaised') {
      return { ...event.data, status: 'OPEN', open: true, lateFrom: event.data.dueAt, owner: null, raisedAt: at, resolvedAt: null, actions: [], attribution: null, reopenedCount: 0 };
    }
    if (row === undefined) throw new Error(`${event.type} came before ExceptionRaised in ${event.stream}.`);
    switch (event.type) {
      case 'ExceptionClaimed':
        return { ...row, owner: event.data.owner, status: 'IN_PROGRESS' };
      case 'ExceptionReclassified':
        return { ...row, ...event.data.is };
      case 'ExceptionActionTaken': {
        const { actionId, code, note, takenBy } = event.data;
        return { ...row, actions: [...row.actions, { actionId, code, takenBy, takenAt: at, note, outcome: 'PENDING', refusal: null }] };
      }
      case 'ExceptionActionCarriedOut': {
        const { actionId, refusal } = event.data;
        return { ...row, actions: row.actions.map((action) => (action.actionId === actionId ? { ...action, outcome: refusal === null ? 'DONE' : 'REFUSED', refusal } : action)) };
      }
      case 'ExceptionResolved': {
        const { attribution, by } = event.data;
        return { ...row, status: 'RESOLVED', open: false, lateFrom: NEVER, resolvedAt: at, attribution: { ...attribution, by, at } };
      }
      case 'ExceptionReopened':
        return { ...row, status: row.owner === null ? 'OPEN' : 'IN_PROGRESS', open: true, lateFrom: row.dueAt, resolvedAt: null, attribution: null, reopenedCount: row.reopenedCount + 1 };
      default:
        return event satisfies never;
    }
  },
};
