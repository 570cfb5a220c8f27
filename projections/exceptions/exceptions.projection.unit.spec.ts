// A case from open to resolved and back, with what was done and why it came about.
// Late is what is open after its time: a resolved case never is.
import { given, recordedAll } from '@test/dsl';
import { exceptions } from './exceptions.projection';

const ID = 'EXEMPTION_NOT_UPHELD-x-1';
const at = (minute: number) => `2026-01-09T02:${String(minute).padStart(2, '0')}:00.000Z`;
const DUE = '2026-01-10T02:00:00.000Z';
const CASE = { exceptionId: ID, orderNumber: 'TB1' };
const RAISED = {
  ...CASE, order: 'order-TB.1', type: 'EXEMPTION_NOT_UPHELD', stage: 'IN_SALE' as const, severity: 'MODERATE' as const, responsible: 'INTERNAL' as const, blocksOrder: true, ruleId: null, ruleVersion: null,
  evidence: { reviewed: false }, sopId: 'EXEMPTION_NOT_UPHELD', sopVersion: 1, ownerRole: 'ops', dueAt: DUE,
};
const ROW = { ...RAISED, status: 'OPEN' as const, open: true, lateFrom: DUE, owner: null, raisedAt: at(0), resolvedAt: null, actions: [], attribution: null, reopenedCount: 0 };
const raised = { type: 'ExceptionRaised', occurredAt: at(0), data: RAISED };
const event = (type: string, minute: number, data: object) => ({ type, occurredAt: at(minute), data: { ...CASE, ...data } });
const claimed = event('ExceptionClaimed', 1, { owner: 'chen' });
const taken = event('ExceptionActionTaken', 2, { actionId: 'a-1', code: 'CANCEL', takenBy: 'chen', takenByRole: 'csr', note: 'gone' });
const ATTRIBUTION = { rootCause: 'r', responsible: 'CUSTOMER' as const, preventable: false, note: 'n', preventiveAction: null };
const resolved = event('ExceptionResolved', 4, { attribution: ATTRIBUTION, by: 'chen' });
const after = (...events: Parameters<typeof recordedAll>[1]) => given(exceptions, recordedAll(`exception-${ID}`, [raised, ...events]));
const ACTION = { actionId: 'a-1', code: 'CANCEL', takenBy: 'chen', takenAt: at(2), note: 'gone', outcome: 'PENDING' as const, refusal: null };
const REFUSAL = { code: 'OrderAlreadyShipped', message: 'It has been dispatched.' };

test('raised', () => void after().thenRows({ [ID]: ROW }));
test('claimed', () => void after(claimed).thenRows({ [ID]: { ...ROW, owner: 'chen', status: 'IN_PROGRESS' } }));
test('reclassified', () => {
  const is = { stage: 'AFTER_SALE' as const, severity: 'SEVERE' as const, responsible: 'CUSTOMER' as const };
  after(event('ExceptionReclassified', 1, { was: {}, is, reason: 'r', by: 'chen' })).thenRows({ [ID]: { ...ROW, ...is } });
});

test.each([
  [null, 'DONE' as const],
  [REFUSAL, 'REFUSED' as const],
])('an action: refused for %p', (refusal, outcome) => {
  after(taken).thenRows({ [ID]: { ...ROW, actions: [ACTION] } });
  after(taken, event('ExceptionActionCarriedOut', 3, { actionId: 'a-1', refusal })).thenRows({ [ID]: { ...ROW, actions: [{ ...ACTION, outcome, refusal }] } });
});

test('resolved it is never late, reopened it may be again', () => {
  const ended = { status: 'RESOLVED' as const, open: false, lateFrom: '9999-12-31T23:59:59.999Z', resolvedAt: at(4), attribution: { ...ATTRIBUTION, by: 'chen', at: at(4) } };
  const reopened = event('ExceptionReopened', 5, { reason: 'again', by: 'ops' });
  after(resolved).thenRows({ [ID]: { ...ROW, ...ended } });
  after(resolved, reopened).thenRows({ [ID]: { ...ROW, reopenedCount: 1 } });
  after(claimed, resolved, reopened).thenRows({ [ID]: { ...ROW, owner: 'chen', status: 'IN_PROGRESS', reopenedCount: 1 } });
});
