// Every template speaks both languages, on single lines, whatever people are called.
import { TEMPLATES, type Template } from './notification.events';
import { notificationText, peopleNamed } from './notification.texts';

const VALUES = { taskId: 'TB2026010900001-1-1-1', role: 'finance', dueAt: '2026-01-09T10:00:00.000Z', reason: 'TIMEOUT', from: 'li', to: 'wang', actingFor: 'zhao' };
const NAMES: Record<string, string> = { li: '李梅', wang: '王强', zhao: '赵\r\nBcc: everybody@example.com' };
const LOOKUPS = { zone: 'Asia/Shanghai', amount: '52000.00 CNY', nameOf: (staffId: string) => NAMES[staffId] ?? staffId };
const text = (template: Template, values: Record<string, string> = VALUES) => notificationText({ template, orderNumber: 'TB2026010900001', values }, LOOKUPS);

test('an assignment says what, how much and until when, in the business time zone', () => {
  expect(text('TASK_ASSIGNED', { taskId: 'TB2026010900001-1-1-1', role: 'finance', dueAt: VALUES.dueAt })).toEqual({
    subject: '待审批 TB2026010900001 / Approval needed: TB2026010900001',
    mail: [
      '有一个订单等待您审批。', '订单：TB2026010900001', '金额：52000.00 CNY', '角色：finance', '期限：2026-01-09 18:00 (Asia/Shanghai)', '任务：TB2026010900001-1-1-1', '',
      'An order waits for your approval.', 'Order: TB2026010900001', 'Amount: 52000.00 CNY', 'Role: finance', 'Due: 2026-01-09 18:00 (Asia/Shanghai)', 'Task: TB2026010900001-1-1-1', '',
    ].join('\n'),
    sms: '订单TB2026010900001待您审批，期限01-09 18:00。 Order TB2026010900001 needs your approval by 01-09 18:00.',
  });
});

test('a hand-over says why, and who had it or has it now', () => {
  expect(text('TASK_TAKEN_OVER').mail).toMatch(/原因：超时\n原处理人：李梅\n.*Reason: not answered in time\nFrom: 李梅\n/s);
  expect(text('TASK_HANDED_AWAY').mail).toMatch(/接手人：王强\n.*To: 王强\n/s);
  expect(text('TASK_HANDED_AWAY', { role: 'finance' }).mail).toMatch(/接手人：暂时无人可处理\n.*To: nobody can act at present\n/s);
});

test('an exemption names who released the order and until when it is to be reviewed', () => {
  const { mail, sms } = text('EXEMPTION_TO_REVIEW', { exemptionId: 'x-1', grantedBy: 'li', expiresAt: VALUES.dueAt });
  expect(mail).toMatch(/豁免人：李梅\n期限：2026-01-09 18:00/);
  expect(sms).toContain('by 01-09 18:00');
  expect(peopleNamed({ grantedBy: 'li', exemptionId: 'x-1' })).toEqual(['li']);
});

test.each(TEMPLATES)('%s speaks both languages, and a name begins no line of its own', (template) => {
  const { subject, mail, sms } = text(template);
  expect(mail).toMatch(/^[^\n]*\p{Script=Han}/u);
  expect(mail.split('\n\n')).toHaveLength(2);
  for (const one of [subject, sms]) {
    expect(one).toMatch(/\p{Script=Han}.*[A-Za-z]{4}/u);
    expect(one).not.toMatch(/[\r\n]/);
  }
  expect(sms.length).toBeLessThanOrEqual(150);
  expect(mail).not.toMatch(/\r|^Bcc:/m);
});

test('what is not known is left out', () => {
  expect(notificationText({ template: 'APPROVAL_OVERDUE', orderNumber: 'TB1', values: {} }, { ...LOOKUPS, amount: null }).mail).not.toMatch(/undefined|null|金额/);
});
