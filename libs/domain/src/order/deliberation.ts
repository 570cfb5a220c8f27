// A decision in the making: each event recorded is evolved, concluded and given what it moved, then come its consequences:
// holds of checks that began or ceased to fail, content that a late fact revised, reviews that begin, pass by themselves or are over.
import type { Instant } from '@app/kernel';
import { vacatedTask } from '../approval/vacated-task';
import { checkContent, type CheckFailure } from './checks';
import { candidateContent } from './conclude-content';
import { conclude, type Conclusion } from './conclusion';
import { changedParts } from './content-difference';
import { movementBetween } from './movement';
import type { OrderContext } from './order.commands';
import type { FieldCheck, OpenHold, OrderEvent, OrderPlaced, Standing } from './order.events';
import { fileEvent, isPlaced, type OrderState, type PlacedOrder } from './order.state';
import { misroutedReview, routedReview, withdrawnReview } from './review';

const SYSTEM = 'system';
export const HOLD_RELEASERS: readonly string[] = ['ops', 'admin'];

export class Deliberation {
  readonly events: OrderEvent[] = [];
  private concluded: Conclusion | null = null;

  constructor(
    private current: OrderState,
    private readonly given: { context: OrderContext; at: Instant },
  ) {}

  private get context(): OrderContext {
    return this.given.context;
  }

  get order(): PlacedOrder {
    if (!isPlaced(this.current)) throw new Error('An order that is not placed concludes nothing.');
    return this.current;
  }

  /** What stands after the events so far. */
  get conclusion(): Conclusion {
    return (this.concluded ??= conclude(this.order, this.context.settings));
  }

  /** Records the event and all that follows from it by itself. */
  record(event: OrderEvent): void {
    this.take(event);
    this.reviseContent();
    this.announceChecks();
    if (event.type === 'OrderAmended' || event.type === 'AddressChanged') this.releaseRechecked(event.occurredAt);
    while (this.withdrawReview() || this.vacateTask() || this.passReview());
  }

  private take(event: OrderEvent): void {
    const beforeIt = this.current;
    const before = beforeIt.standing;
    const after = fileEvent(this.current, event);
    this.current = after;
    this.concluded = null;
    const { standing } = this.conclusion;
    const moved = movementBetween(before, standing);
    if (moved !== null) (event.data as { moved?: unknown }).moved = moved;
    const turnover = { was: turnoverOf(beforeIt, before), is: turnoverOf(this.current, standing), currency: this.order.identity.currency };
    if (event.type !== 'OrderPlaced' && turnover.was !== turnover.is) (event.data as Pick<OrderPlaced['data'], 'turnover'>).turnover = turnover;
    after.standing = standing;
    this.events.push(event);
  }

  /** A late fact may make an amendment count, or count no more. */
  private reviseContent(): void {
    const { order } = this;
    const { content } = this.conclusion;
    if (order.versions.length === 1) return;
    const changed = changedParts(order.content, content);
    if (changed === null) return;
    const { orderNumber } = order.identity;
    this.take({
      type: 'ContentRevised',
      occurredAt: this.events.at(-1)!.occurredAt,
      data: { orderNumber, customerId: content.customer.customerId, ...changed },
    });
  }

  /** Announces the holds of checks as they are concluded from the content. */
  private announceChecks(): void {
    const { failedChecks, standing } = this.conclusion;
    if (standing.node === null || (failedChecks.length === 0 && this.order.holds.length === 0)) return;
    for (const { holdId, check, contentVersion, from, until } of failedChecks) {
      const known = this.order.holds.find((hold) => hold.holdId === holdId);
      if (known === undefined || (known.released?.how === 'CHECK_PASSED' && until !== known.released.at)) {
        this.placeCheckHold(holdId, check, this.failuresOf(check, contentVersion), from, contentVersion);
      }
      const open = this.order.holds.find((hold) => hold.holdId === holdId)!.released === null;
      if (until !== null && open) this.releasePassed(holdId, until);
    }
    for (const hold of this.order.holds) {
      if (hold.contentVersion === null || hold.released !== null) continue;
      if (!failedChecks.some(({ holdId }) => holdId === hold.holdId)) this.releasePassed(hold.holdId, hold.placedAt);
    }
  }

  /** After a change of content: holds of checks before allocation go when the check passes. */
  private releaseRechecked(at: Instant): void {
    if (this.conclusion.standing.node === null) return;
    const open = this.order.holds.filter((hold) => hold.check !== null && hold.contentVersion === null && hold.released === null);
    if (open.length === 0) return;
    const failures = this.failures();
    for (const hold of open) {
      if (!failures.some(({ check }) => check === hold.check)) this.releasePassed(hold.holdId, at < hold.placedAt ? hold.placedAt : at);
    }
  }

  /** What the field checks find in the content that counts, by the catalogue as it is now. */
  failures(): CheckFailure[] {
    const { currency, omits } = this.order.identity;
    return checkContent(this.conclusion.content, currency, omits, this.context.catalogue);
  }

  /** What a check found in the content as a delivery left it, by the catalogue of that time. */
  private failuresOf(check: FieldCheck, contentVersion: number): string[] {
    const { identity, versions } = this.order;
    const { matchedSkus } = versions[contentVersion]!;
    const content = candidateContent(versions.slice(0, contentVersion + 1));
    const found = checkContent(content, identity.currency, identity.omits, matchedSkus === null ? null : new Set(matchedSkus));
    return found.find((failure) => failure.check === check)?.failures ?? [];
  }

  /**
   * Decides or begins the first review that can be, once the check before allocation agrees. People are asked only where the order
   * stands: a round that an amendment known already ends is passed by the policy, or left.
   */
  private passReview(): boolean {
    const { standing, undecided } = this.conclusion;
    for (const review of undecided) {
      if (this.order.approvals.some(({ round, status }) => round === review.round && status === 'PENDING')) continue;
      const unknown = review.final && standing.node !== null ? this.newlyUnknownSkus() : undefined;
      if (unknown !== undefined) {
        this.placeCheckHold(this.freshHoldId(unknown.check, review.round), unknown.check, unknown.failures, review.enteredAt, null);
        return true;
      }
      const event = routedReview(this.order, review, this.context, this.given.at);
      if (event.type === 'ReviewStarted' && !this.isReviewed(review.round)) continue;
      this.take(event);
      return true;
    }
    return false;
  }

  /** A review that people have not decided is over when the order stands elsewhere, or when it was begun with what is known to be outdated. */
  private withdrawReview(): boolean {
    const over = this.order.approvals.find(({ round, status }) => status === 'PENDING' && !this.isReviewed(round));
    const { at, context } = this.given;
    const withdrawn = over !== undefined ? withdrawnReview(this.order, over, this.conclusion.standing, at) : this.order.versions.length > 1 ? misroutedReview(this.order, this.conclusion, context, at) : null;
    if (withdrawn !== null) this.take(withdrawn);
    return withdrawn !== null;
  }

  private vacateTask(): boolean {
    const vacated = this.order.approvals.length === 0 ? null : vacatedTask(this.order, this.given);
    if (vacated !== null) this.take(vacated);
    return vacated !== null;
  }

  private isReviewed(round: number): boolean {
    return this.conclusion.standing.node === 'REVIEW' && this.conclusion.round === round;
  }

  /** Content that fails a check holds the order from when it was delivered; before allocation only the catalogue can have changed. */
  private newlyUnknownSkus(): CheckFailure | undefined {
    return this.context.catalogue === null ? undefined : this.failures().find(({ check }) => check === 'SKU_UNKNOWN');
  }

  private freshHoldId(check: FieldCheck, round: number): string {
    const base = `${check}-review-${round}`;
    const known = this.order.holds.filter(({ holdId }) => holdId.startsWith(base)).length;
    return known === 0 ? base : `${base}.${known + 1}`;
  }

  private placeCheckHold(holdId: string, check: FieldCheck, failures: string[], placedAt: Instant, contentVersion: number | null): void {
    const hold: OpenHold = {
      holdId, reason: failures.join(' '), check, exceptionId: null, placedBy: SYSTEM, releasableBy: [...HOLD_RELEASERS], placedAt, expiresAt: null,
    };
    this.take(holdPlaced(this.order, this.conclusion, hold, failures, contentVersion));
  }

  private releasePassed(holdId: string, at: Instant): void {
    const { orderNumber } = this.order.identity;
    this.take({
      type: 'HoldReleased',
      occurredAt: at,
      data: { orderNumber, holdId, reason: 'The check passes.', releasedBy: SYSTEM, how: 'CHECK_PASSED' },
    });
  }
}

/** In minor units; nothing once cancelled. */
function turnoverOf({ content }: OrderState, standing: Standing | null): number {
  return standing === null || standing.status === 'CANCELLED' ? 0 : content!.total;
}

/** A hold where the order stands now. */
export function holdPlaced(order: PlacedOrder, { standing, round }: Conclusion, hold: OpenHold, failures: string[], contentVersion: number | null): OrderEvent {
  const passage = standing.passages.at(-1)!;
  const { orderNumber } = order.identity;
  return { type: 'HoldPlaced', occurredAt: hold.placedAt, data: { orderNumber, hold, failures, node: passage.node, visit: passage.visit, round, contentVersion } };
}
