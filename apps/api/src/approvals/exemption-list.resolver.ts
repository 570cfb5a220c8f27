// The exemptions that were granted, newest first, and what their reviews came to.
// An approver sees those that are theirs to review: their own, those of whomever they act for, and those that name nobody.
import { registeredPeople, whoActsFor } from '@app/domain';
import { type ExemptionRow, exemptions, type ExemptionStatus } from '@app/projections';
import type { Scalar } from '@app/runtime';
import { ORDERTRAIL, type OrderTrail, type Role } from '@app/wiring';
import { Inject } from '@nestjs/common';
import { Args, Context, Int, Query, Resolver } from '@nestjs/graphql';
import { actingRole, Allow, EVERYTHING } from '../access/caller';
import type { RequestContext } from '../graphql/request-context';
import { pageSize } from '../orders/order-search';
import { ExemptionStatusEnum, ExemptionType } from './exemption.types';

const EXEMPTION_READERS: readonly Role[] = [...EVERYTHING, 'frontline'];

@Resolver()
export class ExemptionListResolver {
  constructor(@Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail) {}

  @Query(() => [ExemptionType])
  @Allow([...EXEMPTION_READERS, 'approver'])
  async exemptions(
    @Args('status', { type: () => ExemptionStatusEnum, nullable: true }) status: ExemptionStatus | null,
    @Args('first', { type: () => Int, nullable: true, defaultValue: 50 }) first: number | null,
    @Context() context: RequestContext,
  ): Promise<ExemptionType[]> {
    const caller = context.caller!;
    const where: Record<string, Scalar | readonly Scalar[]> = status == null ? {} : { status };
    if (actingRole(caller, EXEMPTION_READERS) === undefined) where['reviewer'] = await this.reviewersOf(caller.sub);
    const page = await this.orderTrail.rows.find<ExemptionRow>(exemptions.name, { where, sort: [{ field: 'grantedAt', direction: 'desc' }], limit: pageSize(first) });
    return page.rows.map(({ row: { orderNumber, grantedBy, reason, grantedAt, expiresAt, reviewer, status: was, comment } }) => ({ orderNumber, grantedBy, reason, grantedAt, expiresAt, reviewer, status: was, comment }));
  }
  /** As whom, or in whose place, somebody reviews. */
  private async reviewersOf(staffId: string): Promise<(string | null)[]> {
    const people = registeredPeople(await this.orderTrail.people.everybody());
    const now = this.orderTrail.clock.now();
    const others = [...people.keys()].filter((other) => other !== staffId && whoActsFor(other, now, '0', people)?.staffId === staffId);
    return [staffId, null, ...others];
  }
}
