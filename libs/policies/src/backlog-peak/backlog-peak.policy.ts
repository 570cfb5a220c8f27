// Warns of a queue that outgrows its approvers: when the tasks of a role would not be worked off within their limit at the rates
// of the last hour, one alert says how many approvers would be enough. The next one comes only after the queue was clear again.
import type { Intent, Policy, Recorded } from '@app/kernel';
import { ALERT_EVENT_TYPES, type AlertRaised, ORDER_EVENT_TYPES } from '@app/domain';
import { raiseAlert } from '../raise-alert';
import { type Peak, peakOf, queueAfter, queueTold, type RoleQueue, type TasksMoved } from './role-queue';

const NO_KEYS: readonly string[] = [];
const OF_TASKS: readonly string[] = ['TasksRouted', 'TaskHandedOver', 'TaskDecided', 'ReviewDecided', 'ReviewWithdrawn'];

export const backlogPeak: Policy<RoleQueue> = {
  name: 'backlog-peak',
  todo: {
    name: 'backlog-peak',
    version: 2,
    reads: { order: Object.keys(ORDER_EVENT_TYPES), alert: Object.keys(ALERT_EVENT_TYPES) },
    indexes: [],
    sharding: 'whole',
    keys(event) {
      if (OF_TASKS.includes(event.type)) return [...new Set(movedBy(event).tasks.map(({ is }) => is.role))];
      const told = toldIn(event);
      return told === undefined ? NO_KEYS : [told.subject];
    },
    fold(row, event, role) {
      const told = toldIn(event);
      if (told !== undefined) return row === undefined ? undefined : queueTold(row, told.details['since']);
      return queueAfter(row, role, movedBy(event), event.type, event.meta.occurredAt);
    },
  },

  react: () => [],

  dueAt: (row) => peakOf(row)?.at,

  due(row) {
    const peak = peakOf(row);
    return peak === undefined ? [] : [{ ...warn(row, peak), occasion: peak.since }];
  },
};

function warn({ role, setting: { pendingMin, settingsVersion } }: RoleQueue, { since, at, figures }: Peak): Intent {
  return raiseAlert({
    alertId: `BACKLOG_PEAK.${role}.${since}`,
    kind: 'BACKLOG_PEAK',
    subject: role,
    message: sentence(role, figures),
    orderNumber: null,
    details: { role, since, at, ...figures, pendingMin, settingsVersion },
  });
}

function sentence(role: string, figures: Peak['figures']): string {
  const { pending, pendingWithin, limitHours, arrivalRate, serviceRate, leavingRate, hoursToClear, ratePerApprover, activeApprovers, approversNeeded } = figures;
  const isPart = pendingWithin < pending;
  const part = isPart ? `, ${pendingWithin} of them for at most ${rounded(limitHours)} hours` : '';
  const went = leavingRate > serviceRate ? `, ${serviceRate} were decided and ${leavingRate - serviceRate} were no longer needed` : ` and ${serviceRate} were decided`;
  const who = isPart ? 'those' : 'they';
  const pace = hoursToClear === null ? `${who} are never worked off` : `${who} take ${rounded(hoursToClear)} hours`;
  const basis = figures.isRateAssumed ? `taking ${ratePerApprover} decisions an hour for each` : `at the pace of those ${activeApprovers} who decided in the last hour`;
  return `${pending} tasks wait for ${role}${part}; in the last hour ${arrivalRate} came${went}: at this pace ${pace}, and their limit is ${rounded(limitHours)} hours. ${approversNeeded} approvers would clear them in time, ${basis}.`;
}

/** The alert about the queue of its subject, a role. */
function toldIn({ type, data }: Recorded): AlertRaised['data'] | undefined {
  return type === 'AlertRaised' && (data as AlertRaised['data']).kind === 'BACKLOG_PEAK' ? (data as AlertRaised['data']) : undefined;
}

function movedBy({ data }: Recorded): TasksMoved {
  const { tasks = [], backlogPeak } = data as Partial<TasksMoved>;
  return { tasks, ...(backlogPeak === undefined ? {} : { backlogPeak }) };
}

function rounded(hours: number): number {
  return Math.round(hours * 10) / 10;
}
