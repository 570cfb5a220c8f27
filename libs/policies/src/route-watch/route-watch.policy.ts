// Has the routes of the approval policy checked whenever people or the policy change, also when a delegation begins or ends by its
// date, and raises an alert where one ceases to lead to people who can act: before an order meets it.
import type { Instant, Intent, Policy } from '@app/kernel';
import {
  APPROVAL_POLICY_EVENT_TYPES, type CheckRoutes, type DelegationSet, type NoteUnrouted, ORDER_EVENT_TYPES, type RouteBroken, ROUTES_EVENT_TYPES, ROUTES_STREAM,
  STAFF_EVENT_TYPES, type TaskHandedOver, type TasksRouted,
} from '@app/domain';
import { raiseAlert } from '../raise-alert';
import { brokenRoute } from './broken-route.text';

/** An instant at which somebody's delegation begins or ends; keyed by the person and which of the two. */
interface DelegationTurn {
  staffId: string;
  at: Instant;
}

const NO_KEYS: readonly string[] = [];
const NOTHING: readonly Intent[] = [];
const CHECK: Intent = { stream: ROUTES_STREAM, command: { type: 'CheckRoutes' } satisfies Pick<CheckRoutes, 'type'> };

export const routeWatch = {
  name: 'route-watch',
  todo: {
    name: 'route-watch',
    version: 1,
    reads: {
      staff: Object.keys(STAFF_EVENT_TYPES),
      policy: Object.keys(APPROVAL_POLICY_EVENT_TYPES),
      order: Object.keys(ORDER_EVENT_TYPES),
      routes: Object.keys(ROUTES_EVENT_TYPES),
    },
    indexes: [],
    sharding: 'whole',
    keys({ type, data }) {
      if (type !== 'DelegationSet' && type !== 'DelegationEnded') return NO_KEYS;
      const { staffId } = data as DelegationSet['data'];
      return [`${staffId}/from`, `${staffId}/until`];
    },
    fold(_, { type, data }, key) {
      if (type === 'DelegationEnded') return undefined;
      const { staffId, delegation } = data as DelegationSet['data'];
      return { staffId, at: key.endsWith('/from') ? delegation.from : delegation.until };
    },
  },

  react({ type, stream, data, meta }, row) {
    if (type === 'RouteBroken') return alertOf(data as RouteBroken['data'], meta.occurredAt);
    if (type === 'TasksRouted' || type === 'TaskHandedOver') return unrouted(data as TasksRouted['data'] | TaskHandedOver['data']);
    if (type === 'ApprovalPolicyPublished') return [CHECK];
    if (!stream.startsWith('staff-') || type === 'StaffContactChanged') return NOTHING;
    // A delegation touches two rows: one check is enough.
    return row !== undefined && type === 'DelegationSet' && row.at === (data as DelegationSet['data']).delegation.until ? NOTHING : [CHECK];
  },

  dueAt: ({ at }) => at,
  due: ({ staffId, at }) => [{ ...CHECK, occasion: `${staffId}@${at}` }],
} satisfies Policy<DelegationTurn>;

function unrouted({ orderNumber, tasks }: TasksRouted['data'] | TaskHandedOver['data']): Intent[] {
  return tasks
    .filter(({ is }) => is.status === 'UNROUTED')
    .map(({ is: { role, taskId } }) => ({ stream: ROUTES_STREAM, command: { type: 'NoteUnrouted', role, taskId, orderNumber } satisfies Pick<NoteUnrouted, 'type' | 'role' | 'taskId' | 'orderNumber'> }));
}

function alertOf(broken: RouteBroken['data'], at: Instant): Intent[] {
  if (broken.known) return [];
  const { number, orderNumber, role, taskId } = broken;
  const alertId = `ROUTE_BROKEN.${taskId ?? `routes-${number}`}`;
  return [raiseAlert({ alertId, kind: 'ROUTE_BROKEN', subject: taskId ?? role ?? 'staff', message: brokenRoute(broken, at), orderNumber, details: { ...broken } })];
}
