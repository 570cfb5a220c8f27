// How many exemptions somebody may grant on a business day: taken here before the order is asked, given back if it refuses.
// What was taken twice counts once; what was given back stays so, and another attempt has another id.
import { type Command, type Decider, reject, type Rejection } from '@app/kernel';
import { QUOTA_EVENT_TYPES, type QuotaEvent } from './quota.events';

interface Of<Type extends string> extends Command<Type> {
  staffId: string;
  exemptionId: string;
}

export interface TakeExemptionQuota extends Of<'TakeExemptionQuota'> {
  orderNumber: string;
  /** Business day of now, yyyy-mm-dd. */
  day: string;
  /** Of the settings in force. */
  perDay: number;
}
export type GiveBackExemptionQuota = Of<'GiveBackExemptionQuota'>;
/** The exemption was granted although its quota had been given back: it counts on its day, whatever the quota is. */
export type CountExemption = Of<'CountExemption'>;
export type QuotaCommand = TakeExemptionQuota | GiveBackExemptionQuota | CountExemption;

interface Counted {
  exemptionId: string;
  orderNumber: string;
  day: string;
}
export interface QuotaState {
  /** What counts. */
  taken: readonly Counted[];
  /** What counted once and counts no more. */
  givenBack: readonly Counted[];
}
type QuotaRejection = Rejection<'ExemptionQuotaExceeded' | 'ExemptionQuotaGivenBackBefore' | 'ExemptionQuotaNotTaken'>;

export const quotaDecider: Decider<QuotaCommand, QuotaEvent, QuotaState> = {
  category: 'quota',
  eventTypes: QUOTA_EVENT_TYPES,
  initial: { taken: [], givenBack: [] },
  decide,
  evolve({ taken, givenBack }, { type, data: { exemptionId, orderNumber, day } }) {
    const others = (list: readonly Counted[]): Counted[] => list.filter((one) => one.exemptionId !== exemptionId);
    const one = { exemptionId, orderNumber, day };
    return type === 'ExemptionQuotaTaken' ? { taken: [...others(taken), one], givenBack: others(givenBack) } : { taken: others(taken), givenBack: [...others(givenBack), one] };
  },
};

function decide(command: QuotaCommand, { taken, givenBack }: QuotaState): readonly QuotaEvent[] | QuotaRejection {
  const { at, exemptionId, staffId } = command;
  const counts = taken.find((one) => one.exemptionId === exemptionId);
  const before = givenBack.find((one) => one.exemptionId === exemptionId);
  switch (command.type) {
    case 'TakeExemptionQuota': {
      if (counts !== undefined) return [];
      if (before !== undefined) return reject('ExemptionQuotaGivenBackBefore', `The quota of the exemption ${exemptionId} was given back.`, { staffId, exemptionId });
      const { day, orderNumber, perDay } = command;
      const today = taken.filter((one) => one.day === day).length;
      if (today >= perDay) return reject('ExemptionQuotaExceeded', `${staffId} has granted ${today} exemptions on ${day}; ${perDay} a day are allowed.`, { staffId, day, taken: today, perDay });
      return [{ type: 'ExemptionQuotaTaken', occurredAt: at, data: { staffId, exemptionId, orderNumber, day, perDay } }];
    }
    case 'GiveBackExemptionQuota':
      if (counts !== undefined) return [{ type: 'ExemptionQuotaGivenBack', occurredAt: at, data: { staffId, ...counts } }];
      return before === undefined ? notTaken(staffId, exemptionId) : [];
    case 'CountExemption':
      if (before !== undefined) return [{ type: 'ExemptionQuotaTaken', occurredAt: at, data: { staffId, ...before, perDay: null } }];
      return counts === undefined ? notTaken(staffId, exemptionId) : [];
    default:
      return command satisfies never;
  }
}

function notTaken(staffId: string, exemptionId: string): QuotaRejection {
  return reject('ExemptionQuotaNotTaken', `${staffId} has taken no quota for the exemption ${exemptionId}.`, { staffId, exemptionId });
}
