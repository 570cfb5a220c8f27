// The exemptions that were granted, newest first, and what their reviews came to.
// An approver sees those that are theirs to review by the register of now. The limits of delegations, and who may not decide on an order,
// are looked at when it is reviewed.
import { registeredPeople, reviewersNow, whoActsFor } from '@app/domain';
import { type ExemptionRow, exemptions, type ExemptionStatus } from '@app/projections';
import type { RowQuery } from '@app/runtime';
import { ORDERTRAIL } from '@app/nest';
import type { OrderTrail, Role } from '@app/wiring';
import { Inject } from '@nestjs/common';
import { Args, Context, Int, Query, Resolver } from '@nestjs/graphql';
import { actingRole, Allow, EVERYTHING } from '../access/caller';
import { pageSize } from '../graphql/pages';
import type { RequestContext } from '../graphql/request-context';
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
    const query: RowQuery = { where: status == null ? {} : { status }, sort: [{ field: 'grantedAt', direction: 'desc' }], limit: pageSize(first) };
    const rows = actingRole(caller, EXEMPTION_READERS) === undefined ? await this.reviewedBy(caller.sub, query) : await this.find(query);
    return rows.map(({ orderNumber, grantedBy, reason, grantedAt, expiresAt, reviewer, status: was, comment }) => ({ orderNumber, grantedBy, reason, grantedAt, expiresAt, reviewer, status: was, comment }));
  }

  /** Those that name somebody in whose place they review, themselves among them, and those of the people of such a one: the newest of both. */
  private async reviewedBy(staffId: string, { where, ...page }: RowQuery): Promise<ExemptionRow[]> {
    const people = registeredPeople(await this.orderTrail.people.everybody());
    const now = this.orderTrail.clock.now();
    const actorFor = (other: string): string | null => whoActsFor(other, now, '0', people)?.staffId ?? null;
    const reviews = (exemption: Pick<ExemptionRow, 'grantedBy' | 'reviewer'>): boolean => reviewersNow(exemption, people, actorFor).includes(staffId);
    const named = [...people.keys()].filter((reviewer) => reviews({ grantedBy: '', reviewer }));
    const led = [...people.keys()].filter((grantedBy) => reviews({ grantedBy, reviewer: null }));
    const [ofReviewers, ofGrantors] = await Promise.all([this.find({ ...page, where: { ...where, reviewer: named } }), this.find({ ...page, where: { ...where, grantedBy: led } })]);
    const once = new Map([...ofReviewers, ...ofGrantors].map((row) => [row.exemptionId, row]));
    return [...once.values()].sort((a, b) => (a.grantedAt < b.grantedAt ? 1 : -1)).slice(0, page.limit);
  }

  private async find(query: RowQuery): Promise<ExemptionRow[]> {
    return (await this.orderTrail.rows.find<ExemptionRow>(exemptions.name, query)).rows.map(({ row }) => row);
  }
}
