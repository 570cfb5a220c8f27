// Delegations and superiors are allowed one after the other, each on what the one before has left; nonsense is refused by name.
import { given } from '@test/dsl';
import { minute } from '../order/order.fixtures';
import type { SetDelegation, SetSupervisor } from './staff.commands';
import { ADMIN, aDelegation, aPerson, read } from './staff.fixtures';
import { carryOut, isBehind, organisationDecider } from './organisation.decider';

const LI = aPerson('li', { supervisor: 'boss' });
const COMPANY = [LI, aPerson('boss', { supervisor: 'chief' }), aPerson('chief'), aPerson('peer'), aPerson('gone', { active: false }), aPerson('below', { supervisor: 'li' }), aPerson('lower', { supervisor: 'below' })];
const PEOPLE = read(COMPANY, ['nobody']);
const base = { id: 'c-1', actor: ADMIN, at: minute(5), staffId: 'li', after: null, context: { people: PEOPLE } };
const delegate = (to = 'peer', dates: Parameters<typeof aDelegation>[1] = {}, people = PEOPLE): SetDelegation => ({ ...base, type: 'SetDelegation', delegation: aDelegation(to, dates), context: { people } });
const answerTo = (supervisor: string | null): SetSupervisor => ({ ...base, type: 'SetSupervisor', supervisor });

test('a delegation is allowed with those whose ways it joins, and carried out as whoever asked for it', () => {
  const allowed = { type: 'DelegationAllowed' as const, occurredAt: minute(5), data: { staffId: 'li', changeId: 'c-1', by: ADMIN, delegation: aDelegation('peer', { maxAmount: '5000' }), seen: [{ staffId: 'peer', revision: 4 }] } };
  given(organisationDecider, []).when(delegate('peer', { maxAmount: '5000' })).then([allowed]);
  const { delegation, seen } = allowed.data;
  expect(carryOut(allowed)).toEqual({ type: 'CarryOutDelegation', id: 'c-1', actor: ADMIN, at: minute(5), staffId: 'li', delegation, seen });
});

test('a superior is allowed with those above, or none', () => {
  given(organisationDecider, []).when(answerTo('chief')).thenLike({ type: 'SupervisorAllowed', data: { supervisor: 'chief', seen: [{ staffId: 'chief', revision: 4 }] } });
  const { decision } = given(organisationDecider, []).when(answerTo(null)).thenLike({ type: 'SupervisorAllowed', data: { supervisor: null, seen: [] } });
  expect(carryOut((decision as never[])[0]!)).toMatchObject({ type: 'CarryOutSupervisor', id: 'c-1', supervisor: null });
});

test('what is there already is nothing', () => {
  const delegated = read([aPerson('li', { delegation: aDelegation('peer', { maxAmount: '5000' }) }), aPerson('peer')]);
  given(organisationDecider, []).when(delegate('peer', { maxAmount: '5000.00' }, delegated)).thenNothing();
  given(organisationDecider, []).when(answerTo('boss')).thenNothing();
});

test('whoever does not know the last that was allowed asks again', () => {
  const { decision } = given(organisationDecider, []).when(delegate(), { ...answerTo('chief'), id: 'c-2' }).then({ rejection: 'ChangeNotCarriedOut' });
  expect(isBehind(decision as never)).toBe(true);
  given(organisationDecider, []).when(delegate(), { ...answerTo('chief'), id: 'c-2', after: 'c-1' }).thenLike({ type: 'SupervisorAllowed', data: { changeId: 'c-2' } });
  given(organisationDecider, []).when({ ...delegate(), after: 'c-0' }).then({ rejection: 'ChangeNotCarriedOut' });
});

test.each<[string, SetDelegation | SetSupervisor]>([
  ['StaffNotFound', { ...delegate(), staffId: 'nobody' }],
  ['SupervisorUnknown', answerTo('nobody')],
  ['SupervisorDeparted', answerTo('gone')],
  ['SupervisorIsOneself', answerTo('li')],
  ['SupervisorCycle', answerTo('lower')],
  ['DelegatorDeparted', { ...delegate(), staffId: 'gone' }],
  ['DelegateUnknown', delegate('nobody')],
  ['DelegateDeparted', delegate('gone')],
  ['DelegateIsOneself', delegate('li')],
  ['DelegationEndsBeforeItBegins', delegate('peer', { from: minute(60) })],
  ['DelegationEndsInThePast', delegate('peer', { until: minute(5) })],
  ['DelegationAmountNotPositive', delegate('peer', { maxAmount: '0.00' })],
  ['DelegationAmountNotPositive', delegate('peer', { maxAmount: '-1' })],
  ['DelegationCycle', delegate('peer', {}, read([LI, aPerson('peer', { delegation: aDelegation('boss') }), aPerson('boss', { delegation: aDelegation('li') })]))],
  ['DelegationTooDeep', delegate('peer', {}, read([LI, aPerson('x', { delegation: aDelegation('y') }), aPerson('y', { delegation: aDelegation('li') }), aPerson('peer', { delegation: aDelegation('boss') }), aPerson('boss')]))],
])('%s is refused', (rejection, command) => {
  const { decision } = given(organisationDecider, []).when(command).idempotently().then({ rejection });
  expect(isBehind(decision as never)).toBe(false);
});
