// A case from its raising to its cause: who may see to it, what an action of its SOP leaves behind, and what keeps it open.
// Every command once more makes nothing happen.
import { given } from '@test/dsl';
import { minute, OPS } from '../order/order.fixtures';
import { exceptionDecider as decider } from './exception.decider';
import { CAUSE, CSR, EXCEPTION_ID, OF_CASE, onCase, raised, RELEASED } from './exception.fixtures';

const CASE = { exceptionId: EXCEPTION_ID, orderNumber: 'TB2026010900001' };
const other = { id: 'zhou.csr', role: 'csr' };
const took = (at: number, rest: object = {}) => onCase('TakeAction', at, { actionId: 'a-1', action: 'RELEASE_HOLD', note: null, ...rest });
const done = (at: number, rest: object = {}) => onCase('CarryOutAction', at, { actionId: 'a-1', refusal: null, ...rest });
const resolved = (at: number, rest: object = {}) => onCase('ResolveException', at, { attribution: CAUSE, context: RELEASED, ...rest });
const reopened = (at: number) => onCase('ReopenException', at, { reason: 'it happened again' });

describe('is raised', () => {
  it('once, with the matrix, owner and time of its SOP', () => {
    given(decider, []).when(raised()).idempotently().then([{
      type: 'ExceptionRaised',
      occurredAt: minute(10),
      data: {
        ...CASE, order: 'order-TB.4711', type: 'EXEMPTION_NOT_UPHELD', stage: 'IN_SALE', severity: 'MODERATE', responsible: 'INTERNAL', blocksOrder: true, ruleId: null, ruleVersion: null,
        evidence: { exemptionId: 'x-1', reviewed: false }, sopId: 'EXEMPTION_NOT_UPHELD', sopVersion: 1, ownerRole: 'ops', dueAt: minute(10 + 24 * 60),
      },
    }]);
  });

  it('without blocking an order that is closed', () => void given(decider, []).when(raised(10, { context: RELEASED })).thenLike({ type: 'ExceptionRaised', data: { blocksOrder: false } }));
  it('not where no SOP says what to do', () => void given(decider, []).when(raised(10, { context: { ...OF_CASE, sop: undefined } })).then({ rejection: 'SopNotFound' }));
  it('before anything else', () => void given(decider, []).when(onCase('ClaimException', 11)).then({ rejection: 'ExceptionNotFound' }));
});

describe('is seen to', () => {
  it('by whoever claims it', () => {
    given(decider, []).when(raised(), onCase('ClaimException', 20, { actor: CSR })).idempotently().then([{ type: 'ExceptionClaimed', occurredAt: minute(20), data: { ...CASE, owner: CSR.id } }]);
  });

  it.each([
    ['claimed', onCase('ClaimException', 30, { actor: other })],
    ['reclassified', onCase('ReclassifyException', 30, { actor: other, is: { stage: 'IN_SALE', severity: 'SEVERE', responsible: 'INTERNAL' }, reason: 'r' })],
    ['acted on', took(30, { actor: other })],
    ['resolved', resolved(30, { actor: other })],
  ])('by nobody else: not %s by another, but by ops', (_, command) => {
    given(decider, []).when(raised(), onCase('ClaimException', 20, { actor: CSR }), command).then({ rejection: 'ExceptionClaimedByAnother', details: { exceptionId: EXCEPTION_ID, owner: CSR.id } });
    expect(given(decider, []).when(raised(), onCase('ClaimException', 20, { actor: CSR }), { ...command, actor: OPS }).decision).toHaveLength(1);
  });

  it('under another class, with a reason', () => {
    const is = { stage: 'AFTER_SALE', severity: 'SEVERE', responsible: 'CUSTOMER' } as const;
    const was = { stage: 'IN_SALE', severity: 'MODERATE', responsible: 'INTERNAL' } as const;
    given(decider, []).when(raised(), onCase('ReclassifyException', 20, { is, reason: ' shipped already ' })).idempotently()
      .then([{ type: 'ExceptionReclassified', occurredAt: minute(20), data: { ...CASE, was, is, reason: 'shipped already', by: OPS.id } }]);
    given(decider, []).when(raised(), onCase('ReclassifyException', 20, { is: was, reason: 'r' })).thenNothing();
    given(decider, []).when(raised(), onCase('ReclassifyException', 20, { is, reason: ' ' })).then({ rejection: 'ReasonMissing' });
  });
});

test('is not for whoever it is about, whatever their role', () => {
  const context = { ...RELEASED, ownAct: true };
  const asked = [
    onCase('ClaimException', 20, { context }), onCase('ReclassifyException', 20, { context, is: { stage: 'IN_SALE', severity: 'MINOR', responsible: 'CUSTOMER' }, reason: 'r' }), took(20, { context }), resolved(20, { context }),
  ];
  for (const command of asked) given(decider, []).when(raised(), command).idempotently().then({ rejection: 'SelfApproval', details: { exceptionId: EXCEPTION_ID } });
  given(decider, []).when(raised(), resolved(20), { ...reopened(30), context }).then({ rejection: 'SelfApproval' });
  given(decider, []).when(raised(), took(20), done(21, { context })).thenLike({ type: 'ExceptionActionCarriedOut' });
});

describe('an action', () => {
  it('claims the case and is recorded with what came of it', () => {
    given(decider, []).when(raised(), took(20, { actor: CSR })).idempotently().then([
      { type: 'ExceptionClaimed', occurredAt: minute(20), data: { ...CASE, owner: CSR.id } },
      { type: 'ExceptionActionTaken', occurredAt: minute(20), data: { ...CASE, actionId: 'a-1', code: 'RELEASE_HOLD', takenBy: CSR.id, takenByRole: 'csr', note: null } },
    ]);
    const refusal = { code: 'OrderAlreadyClosed', message: 'Order TB2026010900001 is closed.' };
    given(decider, []).when(raised(), took(20), done(21, { refusal })).idempotently().then([{ type: 'ExceptionActionCarriedOut', occurredAt: minute(21), data: { ...CASE, actionId: 'a-1', refusal } }]);
  });

  it('is one of its SOP', () => {
    given(decider, []).when(raised(), took(20, { action: 'RESHIP' })).then({ rejection: 'ActionNotInSop', details: { exceptionId: EXCEPTION_ID, actions: ['RELEASE_HOLD', 'CANCEL'] } });
    given(decider, []).when(raised(), done(20)).then({ rejection: 'ActionNotTaken' });
  });

  it('that the order refused leaves the case open, and another may be taken', () => {
    const refusal = { code: 'SelfApproval', message: 'no' };
    given(decider, []).when(raised(), took(20), done(21, { refusal }), took(22, { actionId: 'a-2', action: 'CANCEL' })).thenLike({ type: 'ExceptionActionTaken', data: { code: 'CANCEL' } });
  });
});

describe('is resolved', () => {
  it('with its cause, by whoever sees to it', () => {
    given(decider, []).when(raised(), took(20), done(21), resolved(30)).idempotently().then([{ type: 'ExceptionResolved', occurredAt: minute(30), data: { ...CASE, attribution: CAUSE, by: OPS.id } }]);
  });

  it.each(['rootCause', 'note'])('not without %s', (field) => void given(decider, []).when(raised(), resolved(30, { attribution: { ...CAUSE, [field]: ' ' } })).then({ rejection: 'AttributionIncomplete', details: { exceptionId: EXCEPTION_ID, missing: [field] } }));
  it('not while it holds the order', () => void given(decider, []).when(raised(), resolved(30, { context: OF_CASE })).then({ rejection: 'OrderHeldByException' }));
  it('not while an action is under way', () => void given(decider, []).when(raised(), took(20), resolved(30)).then({ rejection: 'ActionPending' }));

  it.each([
    ['claimed', onCase('ClaimException', 40)],
    ['reclassified', onCase('ReclassifyException', 40, { is: { stage: 'PRE_SALE', severity: 'MINOR', responsible: 'PLATFORM' }, reason: 'r' })],
    ['acted on', took(40)],
    ['resolved otherwise', resolved(40, { attribution: { ...CAUSE, rootCause: 'another' } })],
  ])('and is not %s then', (_, command) => void given(decider, []).when(raised(), resolved(30), command).then({ rejection: 'ExceptionAlreadyResolved' }));
});

test('is reopened with a reason, and goes on as it was', () => {
  given(decider, []).when(raised(), onCase('ClaimException', 20, { actor: CSR }), resolved(30), reopened(40))
    .then([{ type: 'ExceptionReopened', occurredAt: minute(40), data: { ...CASE, reason: 'it happened again', by: OPS.id } }])
    .thenState(({ owner, resolved: ended }) => expect({ owner, ended }).toEqual({ owner: CSR.id, ended: null }));
  given(decider, []).when(raised(), reopened(40)).then({ rejection: 'ExceptionNotResolved' });
  given(decider, []).when(raised(), resolved(30), { ...reopened(40), reason: ' ' }).then({ rejection: 'ReasonMissing' });
});
