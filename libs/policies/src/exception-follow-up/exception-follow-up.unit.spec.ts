// A case that is open at its time is told once, whatever happened before; an action that nobody finished is finished.
// Resolved in time it is not told, reopened it is.
import { given, recordedAll } from '@test/dsl';
import { exceptionFollowUp } from './exception-follow-up.policy';

const ID = 'EXEMPTION_NOT_UPHELD-x-1';
const STREAM = `exception-${ID}`;
const RAISED_AT = '2026-01-09T02:00:00.000Z';
const DUE = '2026-01-10T02:00:00.000Z';
const LATER = '2026-01-10T05:00:00.000Z';
const LATER_AND_A_MINUTE = '2026-01-10T05:01:00.000Z';
const event = (type: string, occurredAt: string, data: object = {}) => ({ type, occurredAt, data: { exceptionId: ID, orderNumber: 'TB1', ...data } });
const raised = event('ExceptionRaised', RAISED_AT, { type: 'EXEMPTION_NOT_UPHELD', ownerRole: 'ops', dueAt: DUE });
const after = (...events: Parameters<typeof recordedAll>[1]) => given(exceptionFollowUp, recordedAll(STREAM, [raised, ...events]));
const alert = {
  stream: `alert-EXCEPTION_OVERDUE.${ID}`,
  command: {
    type: 'RaiseAlert', alertId: `EXCEPTION_OVERDUE.${ID}`, kind: 'EXCEPTION_OVERDUE', subject: ID, orderNumber: 'TB1',
    message: `The exception EXEMPTION_NOT_UPHELD of order TB1 was to be resolved by ${DUE}; ops sees to it.`, details: { type: 'EXEMPTION_NOT_UPHELD', ownerRole: 'ops', dueAt: DUE },
  },
};
const carryOut = (actionId: string) => ({ stream: STREAM, command: { type: 'CarryOutAction', exceptionId: ID, actionId } });
const resolved = event('ExceptionResolved', '2026-01-09T03:00:00.000Z');
const taken = (actionId: string, at = LATER) => event('ExceptionActionTaken', at, { actionId });

test('a case that is open at its time raises an alert', () => {
  after().thenNextTimer(DUE).at('2026-01-10T01:59:59.999Z').thenNothing();
  after(event('ExceptionClaimed', LATER)).at(DUE).then(alert);
});

test('a resolved one raises none, unless it is reopened: its clock goes on', () => {
  after(resolved).thenNextTimer(undefined).at(LATER).thenNothing();
  after(resolved, event('ExceptionReopened', LATER)).thenNextTimer(DUE).at(LATER).then(alert);
});

test('an action that nobody has carried out within a minute is carried out, also after the time of the case has rung', () => {
  after(taken('a-1')).thenNextTimer(LATER_AND_A_MINUTE).at(LATER_AND_A_MINUTE).then(carryOut('a-1'), alert);
  after(taken('a-1'), taken('a-2')).at(LATER_AND_A_MINUTE).then(carryOut('a-1'), carryOut('a-2'), alert);
  after(taken('a-1'), event('ExceptionActionCarriedOut', LATER, { actionId: 'a-1' })).thenNextTimer(DUE).at(LATER_AND_A_MINUTE).then(alert);
});
