// Every change of people or policy has the routes checked; what breaks becomes an alert, and what was told already does not.
import { given, recorded } from '@test/dsl';
import type { RouteBroken } from '@app/domain';
import { routeWatch } from './route-watch.policy';

const CHECK = { stream: 'routes-main', command: { type: 'CheckRoutes' } };
const staff = (type: string, data: object = {}) => recorded({ stream: 'staff-anna', type, data: { staffId: 'anna', ...data } });
const delegation = { to: 'bo', from: '2026-01-10T00:00:00.000Z', until: '2026-01-12T00:00:00.000Z', maxAmount: null };
const broken: RouteBroken['data'] = {
  number: 7, role: 'finance', state: 'STOPPED', problem: 'HOLDER_DEPARTED', steps: [{ rule: 'peak-turnover', step: 1 }], policyVersion: 2, known: false, orderNumber: null, taskId: null,
};
const alertOf = (data: Partial<RouteBroken['data']>) => given(routeWatch, []).when(recorded({ stream: 'routes-main', type: 'RouteBroken', data: { ...broken, ...data } }));

test.each(['StaffRegistered', 'StaffRolesChanged', 'SupervisorChanged', 'BackupChanged', 'StaffDeparted', 'StaffReturned'])('%s has the routes checked', (type) => {
  given(routeWatch, []).when(staff(type)).then(CHECK);
});

test('a policy has the routes checked, a new phone number does not', () => {
  given(routeWatch, []).when(recorded({ stream: 'policy-main', type: 'ApprovalPolicyPublished' })).then(CHECK);
  given(routeWatch, []).when(staff('StaffContactChanged')).thenNothing();
});

test('a delegation has the routes checked when it is set, when it begins, and when it ends', () => {
  const set = staff('DelegationSet', { delegation });
  const rings = given(routeWatch, []).when(set).then(CHECK);
  rings.at('2026-01-09T23:59:59.999Z').thenNothing();
  rings.at(delegation.from).then(CHECK);
  rings.at(delegation.until).then(CHECK, CHECK);
  given(routeWatch, [set]).when(staff('DelegationEnded', { delegation })).at(delegation.until).thenNothing();
});

test('tasks that nobody can take are noted, the others are not', () => {
  const task = (taskId: string, status: string) => ({ was: null, is: { taskId, role: 'finance', status } });
  const routed = recorded({ type: 'TasksRouted', data: { orderNumber: 'TB2026010900001', tasks: [task('t-1', 'PENDING'), task('t-2', 'UNROUTED')] } });
  given(routeWatch, []).when(routed).then({ stream: 'routes-main', command: { type: 'NoteUnrouted', role: 'finance', taskId: 't-2', orderNumber: 'TB2026010900001' } });
});

test('a broken route is an alert that says what, where, why and what to do', () => {
  alertOf({}).then({
    stream: 'alert-ROUTE_BROKEN.routes-7',
    command: {
      type: 'RaiseAlert', alertId: 'ROUTE_BROKEN.routes-7', kind: 'ROUTE_BROKEN', subject: 'finance', orderNumber: null, details: broken,
      message: 'The route to finance leads nowhere in peak-turnover step 1: its holders have departed. Orders that come there will wait until somebody can: register a holder, or publish a policy without the role.',
    },
  });
  alertOf({ known: true }).thenNothing();
  given(routeWatch, []).when(recorded({ stream: 'routes-main', type: 'RouteMended', data: { role: 'finance', state: null } })).thenNothing();
});

test.each<[Partial<RouteBroken['data']>, string, string]>([
  [{ role: null, problem: 'NO_HOLDER' }, 'staff', 'At 2026-01-09T02:00:01.000Z nobody was registered: an order'],
  [{ role: null }, 'staff', 'everybody who had been registered had departed: an order'],
  [{ state: 'ON_SUBSTITUTES' }, 'finance', 'All holders of finance have departed (peak-turnover step 1): only substitutes act'],
  [{ state: 'UNSECURED', problem: 'BACKUP_DEPARTED' }, 'finance', 'is not secured: who would stand in for its holder has departed.'],
  [{ state: 'UNSECURED', problem: 'NO_BACKUP' }, 'finance', 'is not secured: a holder has lost whoever would stand in. Name another backup.'],
  [{ orderNumber: 'TB2026010900001' }, 'finance', 'Order TB2026010900001 waits there until'],
  [{ orderNumber: 'TB2026010900001', taskId: 'TB2026010900001-1-1-1' }, 'TB2026010900001-1-1-1', 'Nobody can take task TB2026010900001-1-1-1 of order TB2026010900001'],
])('%o is told of %s', (data, subject, sentence) => {
  const { alertId } = { alertId: `ROUTE_BROKEN.${data.taskId ?? 'routes-7'}` };
  alertOf(data).then({ stream: `alert-${alertId}`, command: expect.objectContaining({ type: 'RaiseAlert', alertId, subject, message: expect.stringContaining(sentence) }) });
});
