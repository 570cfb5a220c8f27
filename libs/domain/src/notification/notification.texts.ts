// What notifications say, each in Chinese and in English, both in one message: whoever reads it needs no setting.
// Plain text of single lines: nothing that somebody was named or wrote can begin another line or another header.
import type { Instant } from '@app/kernel';
import type { NotificationQueued, Template } from './notification.events';

interface NotificationText {
  /** Of a mail; one line. */
  subject: string;
  /** Of a mail: Chinese, an empty line, English. */
  mail: string;
  sms: string;
}
/** What is looked up when it is sent. */
interface TextLookups {
  /** IANA name: instants are written in it. */
  zone: string;
  /** With its currency, `199.90 CNY`; null: not known. */
  amount: string | null;
  nameOf: (staffId: string) => string;
}
type Both = readonly [zh: string, en: string];
type Values = Readonly<Record<string, string>>;
interface Wording {
  subject: Both;
  opening: Both;
  /** After the order's number; `due` is the limit as it is written. */
  sms: (order: string, due: string) => Both;
}

const WORDINGS: Readonly<Record<Template, Wording>> = {
  TASK_ASSIGNED: {
    subject: ['待审批', 'Approval needed'],
    opening: ['有一个订单等待您审批。', 'An order waits for your approval.'],
    sms: (order, due) => [`订单${order}待您审批，期限${due}。`, `Order ${order} needs your approval by ${due}.`],
  },
  TASK_TAKEN_OVER: {
    subject: ['审批任务已转给您', 'Approval handed over to you'],
    opening: ['一个审批任务已转给您处理。', 'An approval was handed over to you.'],
    sms: (order, due) => [`订单${order}的审批已转给您，期限${due}。`, `The approval of order ${order} is yours now, due ${due}.`],
  },
  TASK_HANDED_AWAY: {
    subject: ['审批任务已转出', 'Approval handed away'],
    opening: ['您的一个审批任务已转出，您无需再处理。', 'An approval of yours was handed over: you need not act on it any more.'],
    sms: (order) => [`订单${order}的审批已从您转出。`, `The approval of order ${order} is no longer yours.`],
  },
  APPROVAL_OVERDUE: {
    subject: ['审批已逾期', 'Approval overdue'],
    opening: ['一个审批任务已超过期限，仍等待您处理。', 'An approval is past its limit and still waits for you.'],
    sms: (order, due) => [`订单${order}的审批已逾期（期限${due}），请立即处理。`, `The approval of order ${order} was due ${due}. Please decide now.`],
  },
  EXEMPTION_TO_REVIEW: {
    subject: ['豁免放行待复核', 'Exemption to review'],
    opening: ['一个订单被豁免放行，等待您复核。', 'An order was released by exemption and waits for your review.'],
    sms: (order, due) => [`订单${order}的豁免放行待您复核，期限${due}。`, `Please review the exemption of order ${order} by ${due}.`],
  },
};

const REASONS: Readonly<Record<string, Both>> = {
  TIMEOUT: ['超时', 'not answered in time'],
  DELEGATION: ['委托代理', 'delegation'],
  DEPARTURE: ['离职', 'departure'],
  TRANSFER: ['转交', 'transfer'],
};
const NOBODY: Both = ['暂时无人可处理', 'nobody can act at present'];
const LINE_LENGTH_MAX = 200;

/** Who is named by these values, by staff id. */
export function peopleNamed(values: Values): readonly string[] {
  return ['actingFor', 'from', 'to', 'grantedBy'].flatMap((key) => values[key] ?? []);
}

export function notificationText({ template, orderNumber, values }: Pick<NotificationQueued['data'], 'template' | 'orderNumber' | 'values'>, lookups: TextLookups): NotificationText {
  const { subject, opening, sms } = WORDINGS[template];
  const order = singleLine(orderNumber ?? '');
  const lines = detailLines(template, order, values, lookups);
  const mail = ([0, 1] as const).map((language) => [opening[language], ...lines.map((line) => singleLine(line[language]))].join('\n'));
  const due = values['dueAt'] ?? values['expiresAt'];
  return {
    subject: singleLine(`${subject[0]} ${order} / ${subject[1]}: ${order}`),
    mail: `${mail.join('\n\n')}\n`,
    sms: singleLine(sms(order, due === undefined ? '' : localTime(due, lookups.zone).slice('yyyy-'.length)).join(' ')),
  };
}

/** What is not known is left out. */
function detailLines(template: Template, order: string, values: Values, { zone, amount, nameOf }: TextLookups): Both[] {
  const lines: Both[] = [];
  const add = (labels: Both, texts: Both | undefined): void => {
    if (texts !== undefined) lines.push([`${labels[0]}：${texts[0]}`, `${labels[1]}: ${texts[1]}`]);
  };
  const alike = (text: string | undefined): Both | undefined => (text === undefined ? undefined : [text, text]);
  const person = (key: string): Both | undefined => alike(values[key] === undefined ? undefined : nameOf(values[key]));
  const instant = (key: string): Both | undefined => alike(values[key] === undefined ? undefined : `${localTime(values[key], zone)} (${zone})`);
  add(['订单', 'Order'], alike(order));
  add(['金额', 'Amount'], alike(amount ?? undefined));
  add(['角色', 'Role'], alike(values['role']));
  add(['原因', 'Reason'], values['reason'] === undefined ? undefined : (REASONS[values['reason']] ?? alike(values['reason'])));
  add(['原处理人', 'From'], template === 'TASK_TAKEN_OVER' ? person('from') : undefined);
  add(['接手人', 'To'], template === 'TASK_HANDED_AWAY' ? (person('to') ?? NOBODY) : undefined);
  add(['代理', 'On behalf of'], person('actingFor'));
  add(['豁免人', 'Released by'], person('grantedBy'));
  add(['期限', 'Due'], instant('dueAt') ?? instant('expiresAt'));
  add(['任务', 'Task'], alike(values['taskId']));
  add(['豁免', 'Exemption'], alike(values['exemptionId']));
  return lines;
}

/** `2026-01-09 18:00`. */
function localTime(instant: Instant, zone: string): string {
  const format = new Intl.DateTimeFormat('en', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const parts = Object.fromEntries(format.formatToParts(Date.parse(instant)).map(({ type, value }) => [type, value]));
  return `${parts['year']}-${parts['month']}-${parts['day']} ${parts['hour']}:${parts['minute']}`;
}

/** Without what would begin a new line, or turn the direction of what stands after it. */
function singleLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').replace(/[\u200E\u200F\u202A-\u202E\u2066-\u2069]/g, '').trim().slice(0, LINE_LENGTH_MAX);
}
