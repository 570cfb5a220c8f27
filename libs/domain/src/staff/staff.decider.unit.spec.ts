// Who is registered, who stands in for them, who has left: each change is an event, the same again is nothing, nonsense is refused by name.
import { given } from '@test/dsl';
import { minute } from '../order/order.fixtures';
import { rosterDecider } from './roster.decider';
import type { RegisterStaff, StaffCommand } from './staff.commands';
import { peopleToRead, staffDecider } from './staff.decider';
import { ADMIN, aDelegation, aPerson, read } from './staff.fixtures';

const PEOPLE = read(
  [aPerson('boss', { supervisor: 'chief' }), aPerson('chief'), aPerson('peer'), aPerson('gone', { active: false }), aPerson('below', { supervisor: 'li' }), aPerson('lower', { supervisor: 'below' })],
  ['nobody'],
);
const base = { id: 'c-1', actor: ADMIN, at: minute(5), staffId: 'li', context: { people: PEOPLE } };
const register = (changes: Partial<RegisterStaff> = {}): RegisterStaff => ({ ...base, type: 'RegisterStaff', name: '李梅', roles: ['finance'], ...changes });
const delegate = (to = 'peer', dates: Parameters<typeof aDelegation>[1] = {}): StaffCommand => ({ ...base, type: 'CarryOutDelegation', delegation: aDelegation(to, dates), seen: [{ staffId: to, revision: 4 }] });
const act = (type: 'EndDelegation' | 'MarkDeparted' | 'MarkReturned', at = minute(6)): StaffCommand => ({ ...base, type, at });

describe('registering', () => {
  test('tells who somebody is, and on whom that rests', () => {
    given(staffDecider, []).when(register({ supervisor: 'boss', backup: 'peer', email: 'li@example.com', phone: ' 13800001234 ' })).idempotently().then([
      {
        type: 'StaffRegistered', occurredAt: minute(5),
        data: {
          staffId: 'li', sealedFor: 'staff/li', contact: { name: '李梅', email: 'li@example.com', phone: '13800001234' }, roles: ['finance'], supervisor: 'boss', backup: 'peer',
          seen: [{ staffId: 'boss', revision: 4 }, { staffId: 'chief', revision: 4 }, { staffId: 'peer', revision: 4 }],
        },
      },
    ]);
  });

  test('a backup who is also above is read once', () => {
    given(staffDecider, []).when(register({ supervisor: 'boss', backup: 'chief' })).thenLike({ type: 'StaffRegistered', data: { seen: [{ staffId: 'boss' }, { staffId: 'chief' }] } });
  });

  test('again changes what is given, each change an event; what is left out stays, null empties', () => {
    const first = register({ supervisor: 'boss', backup: 'peer', email: 'li@example.com', phone: '13800001234' });
    given(staffDecider, []).when(first, register({ name: '李梅梅', roles: ['finance', 'compliance'], supervisor: 'boss', backup: null, phone: null })).idempotently().then([
      { type: 'StaffContactChanged', occurredAt: minute(5), data: { staffId: 'li', sealedFor: 'staff/li', was: { name: '李梅', email: 'li@example.com', phone: '13800001234' }, is: { name: '李梅梅', email: 'li@example.com', phone: null } } },
      { type: 'StaffRolesChanged', occurredAt: minute(5), data: { staffId: 'li', was: ['finance'], is: ['finance', 'compliance'] } },
      { type: 'BackupChanged', occurredAt: minute(5), data: { staffId: 'li', was: 'peer', is: null, seen: [] } },
    ]);
    given(staffDecider, []).when(first, register({ roles: ['compliance', ' finance', 'compliance'] }), register({ roles: ['finance', 'compliance'] })).thenNothing();
  });

  test('tells of whoever has nobody to stand in whether they once had', () => {
    const lost = (...commands: StaffCommand[]) => given(staffDecider, []).when(...commands).state.person?.lostStandIn;
    const first = register({ supervisor: 'boss', backup: 'peer' });
    const without: StaffCommand = { ...base, type: 'CarryOutSupervisor', supervisor: null, seen: [] };
    expect([lost(register()), lost(first), lost(first, register({ backup: null }))]).toEqual([undefined, undefined, undefined]);
    expect(lost(first, register({ backup: null }), without)).toBe(true);
    expect(lost(first, without, register({ backup: null, supervisor: null }), register({ backup: 'peer', supervisor: null }))).toBeUndefined();
  });

  test('again gives no other superior: that is carried out before', () => {
    const carriedOut: StaffCommand = { ...base, type: 'CarryOutSupervisor', supervisor: 'chief', seen: [{ staffId: 'chief', revision: 4 }] };
    given(staffDecider, []).when(register({ supervisor: 'boss' }), register({ supervisor: 'chief' })).idempotently().then({ rejection: 'SupervisorNotCarriedOut' });
    given(staffDecider, []).when(register({ supervisor: 'boss' }), carriedOut).then([{ type: 'SupervisorChanged', occurredAt: minute(5), data: { staffId: 'li', was: 'boss', is: 'chief', seen: [{ staffId: 'chief', revision: 4 }] } }]);
    given(staffDecider, []).when(register({ supervisor: 'boss' }), carriedOut, register({ supervisor: 'chief' })).thenNothing();
  });

  test('an unchanged superior may have departed since', () => {
    const departed = { context: { people: read([aPerson('boss', { active: false }), aPerson('peer', { active: false })]) } };
    given(staffDecider, []).when(register({ supervisor: 'boss', backup: 'peer' }), register({ supervisor: 'boss', backup: 'peer', ...departed })).thenNothing();
  });

  test.each<[string, Partial<RegisterStaff>]>([
    ['NameMissing', { name: '  ' }],
    ['RoleMissing', { roles: ['finance', ' '] }],
    ['SupervisorUnknown', { supervisor: 'nobody' }],
    ['SupervisorDeparted', { supervisor: 'gone' }],
    ['SupervisorIsOneself', { supervisor: 'li' }],
    ['SupervisorCycle', { supervisor: 'lower' }],
    ['BackupUnknown', { backup: 'nobody' }],
    ['BackupDeparted', { backup: 'gone' }],
    ['BackupIsOneself', { backup: 'li' }],
  ])('%s is refused', (rejection, changes) => {
    given(staffDecider, []).when(register(changes)).idempotently().then({ rejection });
    given(staffDecider, []).when(register(), register(changes)).idempotently().then({ rejection });
  });

  test('reads the backup and the superiors all the way up, and nobody who stays as they are', () => {
    const command = register({ supervisor: 'boss', backup: 'peer' });
    expect(peopleToRead(command, staffDecider.initial, new Map())).toEqual(['boss', 'peer']);
    expect(peopleToRead(command, staffDecider.initial, read([aPerson('boss', { supervisor: 'chief' }), aPerson('peer')]))).toEqual(['chief']);
    expect(peopleToRead(command, staffDecider.initial, PEOPLE)).toEqual([]);
    given(staffDecider, []).when(command).thenState((state) => expect(peopleToRead(command, state, new Map())).toEqual([]));
    expect(peopleToRead(act('MarkDeparted'), staffDecider.initial, new Map())).toEqual([]);
  });

  test('puts somebody on the list once', () => {
    given(rosterDecider, []).when({ type: 'ListStaff', id: 'c-1', actor: ADMIN, at: minute(0), staffId: 'li' }).idempotently().then([{ type: 'StaffListed', occurredAt: minute(0), data: { staffId: 'li' } }]);
  });
});

describe('a delegation', () => {
  test('is carried out, replaced and ended', () => {
    given(staffDecider, []).when(register(), delegate('peer', { maxAmount: '5000' })).then([
      { type: 'DelegationSet', occurredAt: minute(5), data: { staffId: 'li', delegation: aDelegation('peer', { maxAmount: '5000' }), replaces: null, seen: [{ staffId: 'peer', revision: 4 }] } },
    ]);
    given(staffDecider, []).when(register(), delegate(), delegate('boss')).thenLike({ type: 'DelegationSet', data: { replaces: aDelegation('peer'), delegation: aDelegation('boss') } });
    given(staffDecider, []).when(register(), delegate(), act('EndDelegation')).idempotently().then([{ type: 'DelegationEnded', occurredAt: minute(6), data: { staffId: 'li', delegation: aDelegation('peer') } }]);
  });

  test('that is over by its dates need not be ended, nor is it replaced', () => {
    given(staffDecider, []).when(register(), delegate(), act('EndDelegation', minute(60))).thenNothing();
    given(staffDecider, []).when(register(), delegate(), { ...delegate('boss', { until: minute(90) }), at: minute(60) }).thenLike({ type: 'DelegationSet', data: { replaces: null } });
  });

  test('of whoever has departed since it was allowed ends at once, of nobody is refused', () => {
    given(staffDecider, []).when(register(), act('MarkDeparted'), delegate()).thenLike({ type: 'DelegationSet' }, { type: 'DelegationEnded' }).thenState(({ person }) => expect(person?.delegation).toBeNull());
    given(staffDecider, []).when(delegate()).then({ rejection: 'StaffNotFound' });
  });
});

describe('leaving', () => {
  test('ends the delegation; who returns is here again, without it', () => {
    given(staffDecider, []).when(register(), delegate(), act('MarkDeparted')).idempotently().then([
      { type: 'DelegationEnded', occurredAt: minute(6), data: { staffId: 'li', delegation: aDelegation('peer') } },
      { type: 'StaffDeparted', occurredAt: minute(6), data: { staffId: 'li' } },
    ]);
    given(staffDecider, []).when(register(), act('MarkDeparted'), act('MarkReturned')).idempotently().then([{ type: 'StaffReturned', occurredAt: minute(6), data: { staffId: 'li' } }]);
    given(staffDecider, []).when(register(), act('MarkReturned')).thenNothing();
  });

  test('is not undone by registering', () => {
    given(staffDecider, []).when(register(), act('MarkDeparted'), register({ roles: [] })).thenLike({ type: 'StaffRolesChanged' }).thenState(({ person }) => expect(person?.active).toBe(false));
  });

  test.each(['EndDelegation', 'MarkDeparted', 'MarkReturned'] as const)('%s of nobody is refused', (type) => {
    given(staffDecider, []).when(act(type)).then({ rejection: 'StaffNotFound' });
  });
});
