// The walk through the nodes: which the order entered, when it left them, and where it stands.
// Each passage ends at the later of its entry and the fact that ends it; holds keep it, amendments and closing cut it short.
import { later, type Instant } from '@app/kernel';
import { nodeSetting } from '../sla';
import type { SettingsVersion } from '../settings/settings.events';
import type { ConcludedContent, FailedCheck } from './conclude-content';
import { paidBy, paidInFull, settledInFull, type ConcludedMoney, type Moment } from './conclude-payment';
import { allocated, type ConcludedShipments } from './conclude-shipments';
import { sameValue, sortPassages } from './movement';
import { WORKFLOW_NODES, type OrderContent, type Passage, type WorkflowNode } from './order.events';
import type { PlacedOrder, RecordedHold, ReviewDecision } from './order.state';

interface WalkInput {
  order: PlacedOrder;
  settings: readonly SettingsVersion[];
  content: ConcludedContent;
  failedChecks: readonly FailedCheck[];
  money: ConcludedMoney;
  shipments: ConcludedShipments;
  firstDispatch: Moment | null;
  /** Instant of a cancellation that comes before every dispatch. */
  cancelledAt: Instant | null;
}

type Closing = 'SETTLED' | 'CANCELLED' | 'REJECTED' | 'RETURNED';

export interface Walk {
  passages: Passage[];
  /** Null once closed. */
  node: WorkflowNode | null;
  closing: Closing | null;
  closedAt: Instant | null;
  settledAt: Instant | null;
  /** Round of review: one more after each amendment that sent the order back. */
  round: number;
  /** Reviews that nobody has decided and no hold keeps, as they were walked. */
  undecided: readonly UndecidedReview[];
  /** Reviews that were passed, each with the content that it was passed with; none while the order was never amended. */
  passed: readonly PassedReview[];
  /** First version that came after a rejection. */
  rejectedFrom: number | null;
}

interface PassedReview {
  round: number;
  content: OrderContent;
}

export interface UndecidedReview {
  round: number;
  enteredAt: Instant;
  /** Its content is the last: no amendment follows. */
  final: boolean;
  /** As it was when the review began. */
  content: OrderContent;
}

/** How a passage would end by facts alone. */
interface End extends Moment {
  implied: boolean;
  rejects: boolean;
}

const REVIEW = 1;
const OUTBOUND = 3;
const SETTLEMENT = 5;
const NONE_UNDECIDED: readonly UndecidedReview[] = [];
const NONE_PASSED: readonly PassedReview[] = [];

export function walk(input: WalkInput): Walk {
  return new Walker(input).walk();
}

class Walker {
  private readonly passages: Passage[] = [];
  private readonly visits = [0, 0, 0, 0, 0, 0];
  private readonly holds: readonly RecordedHold[];
  /** Content so far; amendments replace it while they are passed. */
  private content: OrderContent;
  private version = 1;
  private round = 1;
  private place: number;
  private entry: Instant;
  private undecided: readonly UndecidedReview[] = NONE_UNDECIDED;
  private passed: readonly PassedReview[] = NONE_PASSED;
  /** A passage that an amendment let go on does not end before it. */
  private floor: Instant;

  constructor(private readonly input: WalkInput) {
    const { order, content } = input;
    this.holds = order.holds.length === 0 ? order.holds : order.holds.filter(keepsByRecord);
    this.content = order.versions[0]!.changes as OrderContent;
    this.entry = content.content.placedAt;
    this.floor = this.entry;
    for (;;) {
      const at = this.nextAmendment();
      if (at === null || at > this.entry) break;
      this.takeVersion();
    }
    this.place = this.paysFirst() ? 0 : REVIEW;
  }

  walk(): Walk {
    const { cancelledAt, shipments } = this.input;
    for (;;) {
      const back = this.place >= OUTBOUND ? shipments.cameBack : null;
      if (this.place > OUTBOUND && back !== null && back.at <= this.entry && this.keep(back, true) === this.entry) return this.closed('RETURNED', this.entry);
      const end = this.end();
      const at = end === null ? null : this.keep(end);
      const amendment = this.nextAmendment();
      if (end === null && this.place === REVIEW) this.noteUndecided(amendment);
      if (amendment !== null && (at === null || this.comesFirst(amendment, at))) {
        this.amend(amendment);
        continue;
      }
      const returnedAt = back === null ? null : this.keep(back, true);
      if (returnedAt !== null && (at === null || returnedAt < at)) {
        this.leave(returnedAt, 'LEFT', false);
        return this.closed('RETURNED', returnedAt);
      }
      if (cancelledAt !== null && (at === null || at > cancelledAt)) {
        const leftAt = later(this.entry, cancelledAt);
        this.leave(leftAt, 'LEFT', false);
        return this.closed('CANCELLED', leftAt);
      }
      if (at === null) return this.standing();
      if (this.place === REVIEW && this.input.order.versions.length > 1) this.passed = [...this.passed, { round: this.round, content: this.content }];
      this.leave(at, 'COMPLETED', end!.implied);
      if (end!.rejects) return this.closed('REJECTED', at);
      if (this.place === SETTLEMENT) return this.settled(at);
      this.enter(this.place + 1, at);
    }
  }

  /** The end of the passage by its fact, not before its entry; null while there is none. */
  private end(): End | null {
    const { money, order, shipments } = this.input;
    switch (WORKFLOW_NODES[this.place]!) {
      case 'PAYMENT':
        return this.endAt(this.paysFirst() ? paidInFull(money, this.content.total, this.entry) : { at: this.entry, ordinal: -1 });
      case 'REVIEW': {
        const decision = decisionOf(order.reviews, this.round);
        if (decision === null) return null;
        const at = decision.outcome === 'AUTO_APPROVED' ? this.entry : decision.at;
        return this.endAt({ at, ordinal: decision.ordinal }, false, decision.outcome === 'REJECTED');
      }
      case 'ALLOCATION': {
        const explicit = allocated(order.allocations, this.content);
        const dispatch = this.input.firstDispatch;
        if (dispatch !== null && (explicit === null || dispatch.at < explicit.at)) return this.endAt(dispatch, true);
        return this.endAt(explicit);
      }
      case 'OUTBOUND':
        return this.endAt(shipments.complete, shipments.complete?.implied);
      case 'DELIVERY':
        return this.endAt(shipments.ended);
      case 'SETTLEMENT':
        return this.settlement();
    }
  }

  /** Terms as amended so far: who pays later leaves the payment, or skips it. */
  private paysFirst(): boolean {
    return this.content.paymentTerms === 'PREPAID';
  }

  /** A hold that kept it is followed by another look: what was settled must equal total less refunds at the release too. */
  private settlement(): End | null {
    const { money, order } = this.input;
    for (let from = this.entry; ; ) {
      const end = this.endAt(settledInFull(money, order.settlements, this.content.total, from));
      const at = end === null ? null : this.keep(end);
      if (end === null || at === null || at === end.at) return end;
      from = at;
    }
  }

  private endAt(moment: Moment | null, implied = false, rejects = false): End | null {
    return moment === null ? null : { at: later(this.floor, moment.at), ordinal: moment.ordinal, implied, rejects };
  }

  /** The instant at which holds let the passage end: its own, or the release that kept it; null while one is open. */
  private keep(end: Moment, closes = false): Instant | null {
    let at = later(this.entry, end.at);
    for (let kept = true; kept; ) {
      kept = false;
      for (const failed of this.input.failedChecks) {
        if (at < failed.from) continue;
        if (failed.until === null) return null;
        if (at < failed.until) {
          at = failed.until;
          kept = true;
        }
      }
      for (const hold of this.holds) {
        if (!this.concerns(hold, end, at, closes)) continue;
        if (hold.released === null) return null;
        if (at >= hold.released.at) continue;
        if (at >= hold.placedAt || (end.ordinal > hold.placedOrdinal && end.ordinal < hold.released.ordinal)) {
          at = hold.released.at;
          kept = true;
        }
      }
    }
    return at;
  }

  /**
   * A hold keeps the passage that the order was in when it was placed and each later one; earlier ones may still be
   * corrected, but an order that stepped back to one does not leave it by what happens under the hold, and no return
   * that comes under the hold closes the order.
   */
  private concerns(hold: RecordedHold, end: Moment, at: Instant, closes: boolean): boolean {
    if (this.round > hold.round) return true;
    const isNew = end.ordinal > hold.placedOrdinal;
    // The amendment that the hold knew counts no more: the order keeps what it had passed by then.
    if (this.round < hold.round) return this.isLastRound() && (isNew || at >= hold.placedAt);
    return this.place >= WORKFLOW_NODES.indexOf(hold.node) || (isNew && (closes || at >= hold.placedAt));
  }

  private noteUndecided(amendment: Instant | null): void {
    if (this.undecided.at(-1)?.round === this.round) return;
    const at = this.keep({ at: this.entry, ordinal: Number.MAX_SAFE_INTEGER });
    if (at === null || (amendment !== null && this.comesFirst(amendment, at))) return;
    const { cancelledAt } = this.input;
    if (cancelledAt !== null && at > cancelledAt) return;
    this.undecided = [...this.undecided, { round: this.round, enteredAt: this.entry, final: amendment === null, content: this.content }];
  }

  /** A fact of the amendment's instant comes before it, but not one that a hold kept until this very amendment. */
  private comesFirst(amendment: Instant, at: Instant): boolean {
    if (at !== amendment) return at > amendment;
    return (
      this.input.failedChecks.some(({ from, until }) => until === amendment && from < amendment) ||
      this.holds.some(({ placedAt, released }) => released?.how === 'CHECK_PASSED' && released.at === amendment && placedAt < amendment)
    );
  }

  private isLastRound(): boolean {
    return this.nextAmendment() === null;
  }

  /** Instant of the next amendment that counts; null after the last. */
  private nextAmendment(): Instant | null {
    const { order, content, firstDispatch, cancelledAt } = this.input;
    while (this.version < order.versions.length) {
      const version = order.versions[this.version]!;
      if (content.refusals[this.version] === null && version.origin === 'DELIVERED') {
        let at = version.at;
        if (!version.timed) {
          if (firstDispatch !== null && firstDispatch.at < at) at = firstDispatch.at;
          if (cancelledAt !== null && cancelledAt < at) at = cancelledAt;
        }
        return at;
      }
      this.takeVersion();
    }
    return null;
  }

  private takeVersion(): void {
    const { order, content } = this.input;
    if (content.refusals[this.version] === null) this.content = { ...this.content, ...order.versions[this.version]!.changes };
    this.version += 1;
  }

  /** Lines or total that change in or after the review send the order back to it, or to the payment if it now costs more than was paid. */
  private amend(amendment: Instant): void {
    const { lines, total } = this.content;
    this.takeVersion();
    const at = later(this.entry, amendment);
    if (this.place < REVIEW || (this.content.total === total && sameValue(this.content.lines, lines))) {
      this.floor = later(this.floor, at);
      return;
    }
    this.leave(at, 'LEFT', false);
    this.round += 1;
    const mustPay = this.paysFirst() && paidBy(this.input.money, at) < this.content.total;
    this.enter(mustPay ? 0 : REVIEW, at);
  }

  private enter(place: number, at: Instant): void {
    this.place = place;
    this.entry = at;
    this.floor = at;
  }

  private leave(leftAt: Instant | null, outcome: Passage['outcome'], implied: boolean): void {
    const node = WORKFLOW_NODES[this.place]!;
    const { limitSeconds, ownerRole } = nodeSetting(this.input.settings, node, this.entry);
    const visit = (this.visits[this.place]! += 1);
    this.passages.push({ node, visit, enteredAt: this.entry, leftAt, outcome, implied, limitSeconds, ownerRole });
  }

  private standing(): Walk {
    this.leave(null, null, false);
    return this.result(WORKFLOW_NODES[this.place]!, null, null);
  }

  private closed(closing: Closing, at: Instant): Walk {
    return this.result(null, closing, at);
  }

  private settled(at: Instant): Walk {
    const back = this.input.shipments.cameBack;
    const walk = back === null ? this.closed('SETTLED', at) : this.closed('RETURNED', later(at, back.at));
    return { ...walk, settledAt: at };
  }

  private result(node: WorkflowNode | null, closing: Closing | null, closedAt: Instant | null): Walk {
    const rejectedFrom = closing === 'REJECTED' && this.nextAmendment() !== null ? this.version : null;
    sortPassages(this.passages);
    return { passages: this.passages, node, closing, closedAt, settledAt: null, round: this.round, undecided: this.undecided, passed: this.passed, rejectedFrom };
  }
}

/** Holds that keep an order by their own record; those of failed checks in the content are concluded from the content instead. */
function keepsByRecord(hold: RecordedHold): boolean {
  return hold.contentVersion === null;
}

function decisionOf(reviews: readonly ReviewDecision[], round: number): ReviewDecision | null {
  for (const review of reviews) if (review.round === round) return review;
  return null;
}
