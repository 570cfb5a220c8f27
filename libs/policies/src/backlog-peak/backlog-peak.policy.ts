// Warns of a queue that outgrows its approvers: when the tasks of a role would not be worked off within their limit at the rates
// of the last hour, one alert says how many approvers would be enough. The next one comes only after the queue was clear again.
import type { Intent, Policy, Recorded } from '@app/kernel';
import { ALERT_EVENT_TYPES, type AlertRaised, alertStream, ORDER_EVENT_TYPES, type RaiseAlert, type TaskChange } from '@app/domain';
import { figuresAt, peaksAt, queueAfter, type RoleQueue } from './role-queue';

const NO_KEYS: readonly string[] = [];
const OF_TASKS: readonly string[] = ['TasksRouted', 'TaskHandedOver', 'TaskDecided', 'ReviewDecided', 'ReviewWithdrawn'];

export const backlogPeak: Policy<RoleQueue> = {
  name: 'backlog-peak',
  todo: {
    name: 'backlog-peak',
    version: 1,
    reads: { order: Object.keys(ORDER_EVENT_TYPES), alert: Object.keys(ALERT_EVENT_TYPES) },
    indexes: [],
    sharding: 'whole',
    keys(event) {
      if (OF_TASKS.includes(event.type)) return [...new Set(changesIn(event).map(({ is }) => is.role))];
      const told = toldIn(event);
      return told === undefined ? NO_KEYS : [told.subject];
    },
    fold(row, event, role) {
      const told = toldIn(event);
      if (told !== undefined) return row === undefined ? undefined : { ...row, isTold: row.isTold || row.since === told.details['since'] };
      return queueAfter(row, role, changesIn(event), event.type, event.meta.occurredAt);
    },
  },

  react: () => [],

  dueAt: peaksAt,

  due(row) {
    const at = peaksAt(row);
    return at === undefined || row.since === null ? [] : [{ ...warn(row, row.since, at), occasion: row.since }];
  },
};

function warn(queue: RoleQueue, since: string, at: string): Intent {
  const { role } = queue;
  const figures = figuresAt(queue, at);
  const { pending, arrivalRate, serviceRate, hoursToClear, limitHours, activeApprovers, approversNeeded, isRateAssumed } = figures;
  const alertId = `BACKLOG_PEAK.${role}.${since}`;
  const pace = hoursToClear === null ? 'at this pace they are never worked off' : `at this pace they take ${rounded(hoursToClear)} hours`;
  const basis = isRateAssumed ? `taking ${figures.ratePerApprover} decisions an hour for each` : `at the pace of those ${activeApprovers} who decided in the last hour`;
  const command: Omit<RaiseAlert, 'id' | 'actor' | 'at'> = {
    type: 'RaiseAlert',
    alertId,
    kind: 'BACKLOG_PEAK',
    subject: role,
    message: `${pending} tasks wait for ${role}; in the last hour ${arrivalRate} came and ${serviceRate} were decided: ${pace}, and their limit is ${rounded(limitHours)} hours. ${approversNeeded} approvers would clear them in time, ${basis}.`,
    orderNumber: null,
    details: { role, since, at, ...figures },
  };
  return { stream: alertStream(alertId), command: { ...command } };
}

/** The alert about the queue of its subject, a role. */
function toldIn({ type, data }: Recorded): AlertRaised['data'] | undefined {
  return type === 'AlertRaised' && (data as AlertRaised['data']).kind === 'BACKLOG_PEAK' ? (data as AlertRaised['data']) : undefined;
}

function changesIn({ data }: Recorded): readonly TaskChange[] {
  return (data as { tasks?: readonly TaskChange[] }).tasks ?? [];
}

function rounded(hours: number): number {
  return Math.round(hours * 10) / 10;
}
