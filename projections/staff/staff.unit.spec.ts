// Somebody's row is what their stream amounts to, the contact sealed as it came.
import type { StaffEvent } from '@app/domain';
import { given, recordedAll } from '@test/dsl';
import { staff } from './staff.projection';

const AT = '2026-01-09T02:00:00.000Z';
const sealed = (text: string) => ({ sealed: text }) as never;
const delegation = { to: 'peer', from: AT, until: '2026-01-10T02:00:00.000Z', maxAmount: null };
const happened = (type: StaffEvent['type'], data: object): StaffEvent => ({ type, occurredAt: AT, data: { staffId: 'li', ...data } }) as StaffEvent;
const REGISTERED = happened('StaffRegistered', { sealedFor: 'staff/li', contact: sealed('1'), roles: ['finance'], supervisor: 'boss', backup: 'peer', seen: [] });
const ROW = { staffId: 'li', sealedFor: 'staff/li', contact: sealed('1'), roles: ['finance'], supervisor: 'boss', backup: 'peer', active: true, delegation: null };

const after = (...events: StaffEvent[]) => given(staff, recordedAll('staff-li', [REGISTERED, ...events]));

test('registered', () => void after().thenRows({ li: ROW }));

test('every change shows', () => {
  after(happened('StaffContactChanged', { sealedFor: 'staff/li', was: sealed('1'), is: sealed('2') })).thenRow('li', { ...ROW, contact: sealed('2') });
  after(happened('StaffRolesChanged', { was: ['finance'], is: ['compliance', 'finance'] })).thenRow('li', { ...ROW, roles: ['compliance', 'finance'] });
  after(happened('SupervisorChanged', { was: 'boss', is: 'chief', seen: [] })).thenRow('li', { ...ROW, supervisor: 'chief' });
  after(happened('BackupChanged', { was: 'peer', is: null, seen: [] })).thenRow('li', { ...ROW, backup: null });
});

test('delegation, departure and return', () => {
  const set = happened('DelegationSet', { delegation, replaces: null, seen: [] });
  const gone = [happened('DelegationEnded', { delegation }), happened('StaffDeparted', {})];
  after(set).thenRow('li', { ...ROW, delegation });
  after(set, ...gone).thenRow('li', { ...ROW, active: false });
  after(set, ...gone, happened('StaffReturned', {})).thenRow('li', ROW);
});
