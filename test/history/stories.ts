// What the recorded streams tell: commands by which each event type came about when it was first written.
// A recorded stream is never made again; a new version of a type gets a new story beside the old one.
import { publishShippedSops } from '@app/domain';
import type { Command } from '@app/kernel';
import {
  allocated, cancelled, CONTENT, CONTEXT, dispatched, makeReport, makeTakeOrder, minute, OPS, paid, paymentFailed, refunded, returned, settled, TAOBAO, tracked, TWO_LINES,
} from '../../libs/domain/src/order/order.fixtures';
import { CAUSE, CSR, onCase, raised, RELEASED } from '../../libs/domain/src/exception/exception.fixtures';
import { anOrder, ask, COMPANY, companyWith, decide, FRONT, HIGH, moveAway, route, someone, timeOut } from '../../libs/domain/src/approval/approval.fixtures';

const BATCH = { id: 'b-1', projections: ['order-status'] };
const REBUILT = { startedAt: minute(0), finishedAt: minute(1), processed: 7, differences: 1, firstDifference: 'order-TB.1 status: "SETTLED" live, "IN_REVIEW" rebuilt', firstDifferingEventId: 'e-7', switched: false };
const SKIPPED = { lane: 'STREAM', key: 'order-TB.1', eventId: 'e-9', position: '0000000000000009', error: 'Error: no' };

/** Finance decides on every order. */
const EVERYTHING = {
  ...CONTEXT,
  policies: [{ version: 2, publishedAt: minute(0), publishedBy: 'root', rules: [{ name: 'all', when: 'true', steps: [{ role: 'finance', mode: 'ALL' as const, needed: null, withinSeconds: 3600, businessHours: true }] }] }],
};

interface Story {
  category: string;
  commands: readonly Command[];
}

const base = { id: 'c-1', actor: OPS, context: CONTEXT };
const act = (type: string, at: number, rest: object): Command => ({ ...base, id: `${type}-${at}`, type, at: minute(at), ...rest });
const withoutPhone = { customer: { ...CONTENT.customer, phone: null } };
const ref = { platform: null, externalId: null, orderNumber: 'TB2026010900001' };
const somebody = { roles: [], supervisor: null, backup: null, active: true, delegation: null };
const PEOPLE = new Map(['boss', 'chief', 'peer'].map((staffId) => [staffId, { person: { ...somebody, staffId }, revision: 0 }]));
const notification = (notificationId: string, type: string, at: number, rest: object): Command => act(type, at, { notificationId, ...rest });
const attempt = (notificationId: string, at: number, n: number, delivery: object): Command => notification(notificationId, 'AttemptDelivery', at, { attempt: n, context: { delivery } });
const QUEUED = { staffId: 'li', channel: 'MAIL', template: 'TASK_ASSIGNED', orderNumber: 'TB2026010900001', values: { taskId: 'TB2026010900001-1-1-1', order: 'order-TB.4711', role: 'finance', dueAt: minute(480) } };
const staff = (type: string, at: number, rest: object): Command => act(type, at, { staffId: 'li', context: { people: PEOPLE }, ...rest });

export const STORIES: Readonly<Record<string, Story>> = {
  'order-settled-and-returned': {
    category: 'order',
    commands: [
      makeReport(paymentFailed(2)), makeTakeOrder(), makeReport(paid(5)), makeReport({ topic: 'fulfilment', status: 'SHORTAGE', warehouse: 'HZ-1', lines: null, at: minute(8) }),
      makeReport(allocated(20)), makeReport(dispatched(60, [{ lineId: '1', quantity: 2 }])), makeReport(dispatched(70, null, 's-2')), makeReport(tracked(300, 'OUT_FOR_DELIVERY')),
      makeReport(tracked(310, 'DELIVERED')), makeReport(tracked(400, 'DELIVERED', 's-2')), makeReport({ topic: 'statuses', status: 'FINISHED', at: minute(410) }),
      makeReport(refunded(500, '9.90')), makeReport(settled(600, '190.00')), act('AnswerSurvey', 700, { score: 9, comment: 'quick' }),
      act('FileComplaint', 710, { text: 'the cup is chipped' }), makeReport(returned(900, [{ lineId: '1', quantity: 2 }, { lineId: '2', quantity: 1 }])),
    ],
  },
  'order-held-and-amended': {
    category: 'order',
    commands: [
      makeTakeOrder(withoutPhone, { updatedAt: minute(0) }), makeReport(paid(5)), makeTakeOrder({}, { updatedAt: minute(40) }),
      act('PlaceHold', 45, { holdId: 'h-1', reason: 'address in doubt', expiresAt: minute(200) }),
      act('ChangeAddress', 50, { address: { ...CONTENT.shippingAddress, detail: '文三路 2 号' }, reason: 'customer called' }),
      act('ReleaseHold', 55, { holdId: 'h-1', reason: 'confirmed' }), makeTakeOrder({ lines: [TWO_LINES[0]!], total: 8990 }, { updatedAt: minute(80) }),
      makeReport(dispatched(70)), makeTakeOrder({ lines: TWO_LINES, total: 19990, discount: 0, freight: 991 }, { updatedAt: minute(90) }), makeReport(cancelled(100)),
    ],
  },
  'order-cancelled': {
    category: 'order',
    commands: [makeTakeOrder({}, { history: true }), makeReport(paid(5)), act('CancelOrder', 30, { reason: 'customer called' })],
  },
  'order-reviewed-by-people': {
    category: 'order',
    commands: [
      HIGH, route(2), timeOut(500, '1-1'), timeOut(1000, '1-2'), decide(1001, 'chief', '1-2'), route(1002, 2), moveAway(1003, 'DEPARTURE', '2-1', companyWith(someone('fang', { active: false, supervisor: null }))),
      ask(1004, { type: 'TransferTask', taskId: 'TB2026010900001-1-2-2', to: 'mu', reason: 'no time' }, COMPANY, 'fei'), decide(1005, 'mu', '2-5', false),
      route(1006, 2), decide(1007, 'fang', '2-4'), decide(1008, 'fu', '2-3'),
    ],
  },
  'order-exempted': {
    category: 'order',
    commands: [
      anOrder(800_000), route(2), anOrder(490_000, {}, { updatedAt: minute(20), context: EVERYTHING }), route(21, 1, COMPANY, {}, 'TB2026010900001-2'),
      ask(22, { type: 'GrantExemption', exemptionId: 'e-1', reason: 'flowers', expiresAt: minute(100) }, COMPANY, FRONT), ask(23, { type: 'ReviewExemption', uphold: true, comment: 'seen' }, COMPANY, 'boss'),
      anOrder(480_000, {}, { updatedAt: minute(30), context: EVERYTHING }), ask(31, { type: 'GrantExemption', exemptionId: 'e-2', reason: 'flowers', expiresAt: minute(100) }, COMPANY, FRONT),
      ask(101, { type: 'ExpireExemption', exemptionId: 'e-2' }),
    ],
  },
  settings: {
    category: 'settings',
    commands: [act('PublishSettings', 0, { values: {} }), act('PublishSettings', 9, { values: { exemptionsPerDay: 3 } })],
  },
  'quarantine-reprocessed': {
    category: 'quarantine',
    commands: [
      act('QuarantinePayload', 0, {
        payload: {
          quarantineId: 'q-1', system: 'TB', topic: 'orders', externalId: null, payload: { text: '{"x":1}' }, reasons: ['total is missing'], history: false, omits: [], receivedBy: 'TB',
        },
      }),
      act('RecordReprocessing', 5, { outcome: { taken: false, reasons: ['placedAt is missing'] } }),
      act('RecordReprocessing', 9, { outcome: { taken: true, as: 'CREATED', orderNumber: 'TB2026010900001' } }),
    ],
  },
  'quarantine-discarded': {
    category: 'quarantine',
    commands: [
      act('QuarantinePayload', 0, {
        payload: { quarantineId: 'q-2', system: 'TB', topic: 'orders', externalId: '4711', payload: { text: 'x' }, reasons: ['not JSON'], history: false, omits: [], receivedBy: 'TB' },
      }),
      act('DiscardQuarantined', 5, { reason: 'a test of theirs' }),
    ],
  },
  sku: { category: 'sku', commands: [act('CatalogueSku', 0, { sku: 'TEA-100', title: 'Green tea', category: 'tea', system: 'ERP' })] },
  catalogue: { category: 'catalogue', commands: [act('OpenCatalogue', 0, { system: 'ERP' })] },
  serial: { category: 'serial', commands: [act('TakeSerials', 0, { platform: 'TB', day: '20260109', count: 500 }), act('TakeSerials', 1, { platform: 'TB', day: '20260109', count: 500 })] },
  'projection-operated': {
    category: 'projection',
    commands: [
      act('RequestRebuild', 0, { mode: 'KEEP', reason: null, batch: BATCH }), act('RecordRebuilt', 1, { operationId: 'RequestRebuild-0', outcome: { ...REBUILT, mode: 'KEEP' } }),
      act('RequestSwitch', 2, { reason: 'better' }), act('RecordInUse', 3, { operationId: 'RequestSwitch-2', outcome: { table: 'order-status@1.2', former: 'order-status@1.1' } }),
      act('RequestRollback', 4, { reason: 'worse' }), act('RecordInUse', 5, { operationId: 'RequestRollback-4', outcome: { table: 'order-status@1.1', former: 'order-status@1.2' } }),
      act('RequestParkedRetry', 6, { key: 'order-TB.1' }), act('RecordRetried', 7, { operationId: 'RequestParkedRetry-6', resumed: 0 }),
      act('RequestParkedSkip', 8, { key: 'order-TB.1', eventId: 'e-9', reason: 'a test of theirs' }), act('RecordSkipped', 9, { operationId: 'RequestParkedSkip-8', skipped: SKIPPED }),
      act('RecordRetried', 10, { operationId: 'RequestParkedSkip-8', resumed: 2 }), act('RequestRebuild', 11, { mode: 'VERIFY', reason: 'month end', batch: BATCH }),
      act('RecordFailure', 12, { operationId: 'RequestRebuild-11', rejection: null, error: 'Error: disk full' }), act('RequestRebuild', 13, { mode: 'SWITCH', reason: 'again', batch: BATCH }),
    ],
  },
  staff: {
    category: 'staff',
    commands: [
      staff('RegisterStaff', 0, { name: '李梅', roles: ['finance'], supervisor: 'boss', backup: 'peer', email: 'li@example.com', phone: '13800001234' }),
      staff('RegisterStaff', 1, { name: '李梅', roles: ['finance', 'compliance'], backup: null, phone: null }), staff('CarryOutSupervisor', 1, { supervisor: 'chief', seen: [{ staffId: 'chief', revision: 0 }] }),
      staff('CarryOutDelegation', 2, { delegation: { to: 'peer', from: minute(0), until: minute(60), maxAmount: '5000.00' }, seen: [] }),
      staff('CarryOutDelegation', 3, { delegation: { to: 'boss', from: minute(10), until: minute(90), maxAmount: null }, seen: [] }),
      staff('EndDelegation', 4, {}), staff('MarkDeparted', 5, {}), staff('MarkReturned', 6, {}),
    ],
  },
  'notification-sent': {
    category: 'notification',
    commands: [
      notification('e-1.li.mail', 'QueueNotification', 0, QUEUED), attempt('e-1.li.mail', 0, 1, { outcome: 'failed', error: 'The mail server answered 451 to RCPT TO.' }),
      attempt('e-1.li.mail', 1, 2, { outcome: 'sent' }),
    ],
  },
  'notification-undeliverable': {
    category: 'notification',
    commands: [notification('e-1.li.sms', 'QueueNotification', 0, { ...QUEUED, channel: 'SMS' }), attempt('e-1.li.sms', 0, 1, { outcome: 'undeliverable', reason: 'There is no telephone number of li.' })],
  },
  quota: {
    category: 'quota',
    commands: [
      act('TakeExemptionQuota', 0, { staffId: 'li', exemptionId: 'x-1', orderNumber: 'TB2026010900001', day: '2026-01-09', perDay: 5 }), act('GiveBackExemptionQuota', 1, { staffId: 'li', exemptionId: 'x-1' }),
      act('CountExemption', 2, { staffId: 'li', exemptionId: 'x-1' }), act('TakeExemptionQuota', 3, { staffId: 'li', exemptionId: 'x-2', orderNumber: 'TB2026010900002', day: '2026-01-09', perDay: 5 }),
    ],
  },
  'green-channel': {
    category: 'greenchannel',
    commands: [
      act('FreezeGreenChannelOrders', 0, { token: 't-1', orders: [{ orderNumber: 'TB1', stream: 'order-TB.1', approvalId: 'TB1-1' }, { orderNumber: 'TB2', stream: 'order-TB.2', approvalId: 'TB2-1' }] }),
      act('PreviewGreenChannel', 1, { token: 't-1', filter: { platform: 'TB' }, maxAmount: '100.00', expiresAt: minute(16) }), act('ConfirmGreenChannel', 2, { token: 't-1', reason: 'the finance group points nowhere' }),
      act('ContinueGreenChannel', 3, { token: 't-1', outcomes: [{ orderNumber: 'TB1', rejection: null }, { orderNumber: 'TB2', rejection: { code: 'ApprovalNotPending', message: 'The review is over.' } }] }),
    ],
  },
  alert: {
    category: 'alert',
    commands: [
      act('RaiseAlert', 0, { alertId: 'APPROVAL_OVERDUE.t-1', kind: 'APPROVAL_OVERDUE', subject: 't-1', message: 'Task t-1 waits for chief.', orderNumber: 'TB2026010900001', details: { taskId: 't-1' } }),
      act('AcknowledgeAlert', 1, { alertId: 'APPROVAL_OVERDUE.t-1' }),
    ],
  },
  'approval-policy': { category: 'policy', commands: [act('PublishApprovalPolicy', 0, { rules: CONTEXT.policies[0]!.rules, context: { people: PEOPLE } })] },
  routes: {
    category: 'routes',
    commands: [
      act('CheckRoutes', 0, { context: { people: new Map(), policy: CONTEXT.policies[0] } }), act('CheckRoutes', 1, { context: { people: PEOPLE, policy: CONTEXT.policies[0] } }),
      act('NoteUnrouted', 2, { role: 'finance', orderNumber: 'TB2026010900001', taskId: 't-1', context: { people: PEOPLE, policy: CONTEXT.policies[0] } }),
    ],
  },
  organisation: {
    category: 'organisation',
    commands: [
      staff('SetSupervisor', 0, { staffId: 'peer', supervisor: 'boss', after: null }),
      staff('SetDelegation', 1, { staffId: 'peer', delegation: { to: 'boss', from: minute(0), until: minute(60), maxAmount: '5000.00' }, after: 'SetSupervisor-0' }),
    ],
  },
  roster: { category: 'roster', commands: [act('ListStaff', 0, { staffId: 'li' })] },
  waiting: {
    category: 'waiting',
    commands: [
      act('SetFactAside', 0, { actor: TAOBAO, ref, fact: paid(5), factId: 'f-1', system: 'WXPAY' }),
      act('ForwardFacts', 9, { orderNumber: ref.orderNumber, stream: 'order-TB.4711', factIds: ['f-1'] }),
    ],
  },
  'exception-of-an-exemption': {
    category: 'exception',
    commands: [
      raised(), onCase('ReclassifyException', 11, { is: { stage: 'AFTER_SALE', severity: 'SEVERE', responsible: 'INTERNAL' }, reason: 'it has left' }),
      onCase('TakeAction', 12, { actor: CSR, actionId: 'a-1', action: 'CANCEL', note: 'the customer agrees' }), onCase('CarryOutAction', 13, { actionId: 'a-1', refusal: { code: 'OrderAlreadyShipped', message: 'It has been dispatched.' } }),
      onCase('ResolveException', 20, { attribution: CAUSE, context: RELEASED }), onCase('ReopenException', 30, { reason: 'it came back' }),
    ],
  },
  'sops': { category: 'sop', commands: [publishShippedSops({ id: 'c-1', actor: OPS, at: minute(0) })] },
};
