// STORAGE FORMAT. Names and shapes here are what the log holds for ever: a new shape is a new version with an upcaster.
// Stream: greenchannel-<token>, one bulk release from its preview to the answer of the last order.
import type { DomainEvent, Instant } from '@app/kernel';

/** An order with the review that was pending when the set was frozen. */
export interface FrozenOrder {
  orderNumber: string;
  stream: string;
  approvalId: string;
}
/** What became of an order of the set: `rejection` is null for one that was released. */
export interface GreenChannelOutcome {
  orderNumber: string;
  rejection: { code: string; message: string } | null;
}

interface OfGreenChannel {
  token: string;
}

/** A part of the set: sets of thousands are frozen in several, before the preview that ends them. */
export type GreenChannelOrdersFrozen = DomainEvent<'GreenChannelOrdersFrozen', OfGreenChannel & { orders: FrozenOrder[] }>;
/** The set is whole and waits for its confirmation until `expiresAt`. `filter` and `maxAmount` (a decimal): what was asked for. */
export type GreenChannelPreviewed = DomainEvent<
  'GreenChannelPreviewed',
  OfGreenChannel & { count: number; filter: Record<string, unknown>; maxAmount: string | null; expiresAt: Instant; by: string }
>;
export type GreenChannelConfirmed = DomainEvent<'GreenChannelConfirmed', OfGreenChannel & { count: number; reason: string; by: string; role: string }>;
/** The next orders of the set, in its order, have answered. */
export type GreenChannelAdvanced = DomainEvent<'GreenChannelAdvanced', OfGreenChannel & { outcomes: GreenChannelOutcome[] }>;
export type GreenChannelCompleted = DomainEvent<'GreenChannelCompleted', OfGreenChannel & { succeeded: number; failed: number }>;

export type GreenChannelEvent = GreenChannelOrdersFrozen | GreenChannelPreviewed | GreenChannelConfirmed | GreenChannelAdvanced | GreenChannelCompleted;
export const GREEN_CHANNEL_EVENT_TYPES = {
  GreenChannelOrdersFrozen: 1,
  GreenChannelPreviewed: 1,
  GreenChannelConfirmed: 1,
  GreenChannelAdvanced: 1,
  GreenChannelCompleted: 1,
} as const satisfies Record<GreenChannelEvent['type'], number>;

export function greenChannelStream(token: string): string {
  return `greenchannel-${token}`;
}
