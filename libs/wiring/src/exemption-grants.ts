// Grants an exemption: the quota is taken in the grantor's own stream before the order is asked, and given back when the order refuses.
// Done again under the same id, wherever it was broken off, it grants once and takes once.
import { businessDate, type GiveBackExemptionQuota, type GrantExemption, type OrderState, type QuotaState, quotaStream, type TakeExemptionQuota } from '@app/domain';
import type { Actor, Command } from '@app/kernel';
import type { CommandResult } from '@app/runtime';
import type { OrderTrail } from './open-ordertrail';

/** A command without what every one of the mutation carries. */
type Asked<C extends Command> = Omit<C, 'actor' | 'at' | 'context'>;

interface Asking {
  orderNumber: string;
  /** Of the order. */
  stream: string;
  actor: Actor;
  reason: string;
  expiresAt: string;
}

export class ExemptionGrants {
  constructor(private readonly orderTrail: Pick<OrderTrail, 'clock' | 'zone' | 'executor'> & { context: Pick<OrderTrail['context'], 'settings'> }) {}

  /** What the order answers, or the refusal of the quota. `id`: of the mutation. */
  async grant(id: string, asking: Asking): Promise<CommandResult> {
    const { stream, actor, reason, expiresAt } = asking;
    const quota = await this.takeQuota(id, asking);
    if ('outcome' in quota) return quota;
    const { exemptionId } = quota;
    const grant: Asked<GrantExemption> = { type: 'GrantExemption', id: exemptionId, exemptionId, reason, expiresAt };
    // A fault leaves the quota taken: whether the order was exempted is not known here, and the policy that watches quotas finds out.
    const result = await this.give(stream, grant, actor);
    if (result.outcome === 'refused') {
      const giveBack: Asked<GiveBackExemptionQuota> = { type: 'GiveBackExemptionQuota', id: `give-back-${exemptionId}`, staffId: actor.id, exemptionId };
      await this.give(quotaStream(actor.id), giveBack, actor);
    }
    return result;
  }

  /** Under one id it is the same exemption as long as its quota is taken; after a give-back it is another one, which takes anew. */
  private async takeQuota(id: string, { orderNumber, stream, actor }: Asking): Promise<{ exemptionId: string } | (CommandResult & { outcome: 'refused' })> {
    const quota = quotaStream(actor.id);
    const perDay = (await this.orderTrail.context.settings()).at(-1)!.exemptionsPerDay;
    for (let attempt = 1; ; attempt++) {
      const exemptionId = attempt === 1 ? id : `${id}.${attempt}`;
      const day = businessDate(this.orderTrail.clock.now(), this.orderTrail.zone);
      const take: Asked<TakeExemptionQuota> = { type: 'TakeExemptionQuota', id: `take-${exemptionId}`, staffId: actor.id, exemptionId, orderNumber, day, perDay };
      const result = await this.give(quota, take, actor);
      if (result.outcome === 'refused') return result;
      if (!result.repeated || (await this.stands(quota, stream, exemptionId))) return { exemptionId };
    }
  }

  /** Its quota is still taken, or the order has it in spite of a give-back. */
  private async stands(quota: string, stream: string, exemptionId: string): Promise<boolean> {
    const { taken } = (await this.orderTrail.executor.load<QuotaState>(quota)).state;
    if (taken.some((one) => one.exemptionId === exemptionId)) return true;
    const { exemptions } = (await this.orderTrail.executor.load<OrderState>(stream)).state;
    return exemptions.some((one) => one.exemptionId === exemptionId);
  }

  private give(stream: string, asked: Asked<Command>, actor: Actor): Promise<CommandResult> {
    return this.orderTrail.executor.execute(stream, { ...asked, actor, at: this.orderTrail.clock.now() });
  }
}
