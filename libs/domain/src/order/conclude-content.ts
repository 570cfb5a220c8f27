// Which deliveries count, what the order's content therefore is, and when it failed its field checks.
// An amendment counts unless the order was dispatched or closed by its instant; whatever else arrives may change that.
import { later, type Instant } from '@app/kernel';
import type { FieldCheck, OrderContent } from './order.events';
import { FIELD_CHECKS } from './order.events';
import type { ContentVersion, PlacedOrder, RecordedHold } from './order.state';

/** Why an amendment does not count. */
export type AmendmentRefusal = 'OrderAlreadyShipped' | 'OrderAlreadyClosed';

export interface ConcludedContent {
  /** Of each version: null when it counts. */
  refusals: readonly (AmendmentRefusal | null)[];
  content: OrderContent;
}

/** A time during which content failed a check and so held the order; `until` null: it still does. */
export interface FailedCheck {
  holdId: string;
  check: FieldCheck;
  contentVersion: number;
  from: Instant;
  until: Instant | null;
}

const NOTHING_REFUSED: readonly null[] = [null];

/**
 * `firstDispatch`: the earliest instant of a dispatch; `cancelledAt`: when a cancellation that counts closed the order;
 * `rejectedFrom`: versions from this one on came after the order was rejected.
 */
export function concludeContent(
  order: PlacedOrder, firstDispatch: Instant | null, cancelledAt: Instant | null, rejectedFrom: number | null,
): ConcludedContent {
  const { versions } = order;
  const first = versions[0]!;
  if (versions.length === 1) return { refusals: NOTHING_REFUSED, content: first.changes as OrderContent };
  let content = first.changes as OrderContent;
  const refusals: (AmendmentRefusal | null)[] = [null];
  for (let i = 1; i < versions.length; i += 1) {
    const version = versions[i]!;
    const refusal = refusalOf(version, content.placedAt, firstDispatch, cancelledAt, rejectedFrom !== null && i >= rejectedFrom);
    refusals.push(refusal);
    if (refusal === null) content = { ...content, ...version.changes };
  }
  return { refusals, content };
}

/** The content if every delivery counts that still may: what a further one is checked with. */
export function candidateContent(versions: readonly ContentVersion[]): OrderContent {
  let content = versions[0]!.changes as OrderContent;
  for (let i = 1; i < versions.length; i += 1) {
    const version = versions[i]!;
    if (version.timed || !version.refusedOnArrival) content = { ...content, ...version.changes };
  }
  return content;
}

function refusalOf(
  version: ContentVersion, placedAt: Instant, firstDispatch: Instant | null, cancelledAt: Instant | null, rejected: boolean,
): AmendmentRefusal | null {
  if (version.origin === 'OWN') return null;
  if (!version.timed) {
    if (!version.refusedOnArrival) return rejected ? 'OrderAlreadyClosed' : null;
    return firstDispatch !== null ? 'OrderAlreadyShipped' : 'OrderAlreadyClosed';
  }
  if (version.at <= placedAt) return null;
  if (rejected || (cancelledAt !== null && cancelledAt < version.at)) return 'OrderAlreadyClosed';
  if (firstDispatch !== null && firstDispatch <= version.at) return 'OrderAlreadyShipped';
  return null;
}

/** The times during which a check failed, by the versions that count; a hold released by hand ends there. */
export function concludeFailedChecks(order: PlacedOrder, { refusals, content }: ConcludedContent): readonly FailedCheck[] {
  const { versions } = order;
  let any = false;
  for (const version of versions) if (version.failedChecks.length > 0) any = true;
  if (!any) return [];
  const failed: FailedCheck[] = [];
  for (const check of FIELD_CHECKS) {
    let current: FailedCheck | null = null;
    for (let i = 0; i < versions.length; i += 1) {
      if (refusals[i] !== null) continue;
      const version = versions[i]!;
      const at = i === 0 ? content.placedAt : later(content.placedAt, version.at);
      const fails = version.failedChecks.includes(check);
      if (fails && current === null) {
        current = { holdId: `${check}-${i + 1}`, check, contentVersion: i, from: at, until: null };
        failed.push(current);
      } else if (!fails && current !== null) {
        current.until = at;
        current = null;
      }
    }
  }
  for (const time of failed) {
    const released = releasedByHand(order.holds, time.holdId);
    if (released !== null && (time.until === null || released < time.until)) time.until = released;
  }
  return failed;
}

function releasedByHand(holds: readonly RecordedHold[], holdId: string): Instant | null {
  for (const hold of holds) {
    if (hold.holdId === holdId && hold.released !== null && hold.released.how !== 'CHECK_PASSED') return hold.released.at;
  }
  return null;
}
