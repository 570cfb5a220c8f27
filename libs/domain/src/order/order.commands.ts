// What may be asked of an order.
// A command carries what it is decided by: settings, catalogue, instant and actor.
import type { Command, Instant } from '@app/kernel';
import type { ApprovalCommand, RoutingContext } from '../approval/approval.commands';
import type { ApprovalPolicyVersion } from '../approval-policy/policy.events';
import type { SettingsVersion } from '../settings/settings.events';
import type { Address, LineQuantity, OrderContent, ShipmentStatus } from './order.events';

/** What was looked up for the decision; recorded in the events as far as it mattered. */
export interface OrderContext {
  /** Every version, oldest first; version 1 holds for all earlier time. */
  settings: readonly SettingsVersion[];
  /** Of the SKUs in the order's lines those that the catalogue has; null while there is no catalogue. */
  catalogue: ReadonlySet<string> | null;
  /** Every version of the approval policy, oldest first; the last one routes a review that begins. */
  policies: readonly ApprovalPolicyVersion[];
  /** Totals of the other orders placed on the platform on this one's business day, in minor units, cancelled ones left out. */
  turnoverOfOthers: number;
  /** Where a task may have to change hands by it; left out, it goes to nobody and is routed again. */
  routing?: RoutingContext;
}

interface Of<Type extends string> extends Command<Type> {
  context: OrderContext;
}

/** A delivery of the platform: places the order, amends it, or is a duplicate. */
export interface TakeOrder extends Of<'TakeOrder'> {
  platform: string;
  externalId: string;
  /** A number of its own, used only when the order is not known yet. */
  orderNumber: string;
  currency: string;
  updatedAt: Instant | null;
  content: OrderContent;
  system: string;
  factId: string;
  history: boolean;
  omits: string[];
}

/** Reference to an order as a source gives it: one of them. */
export interface OrderRef {
  platform: string | null;
  externalId: string | null;
  orderNumber: string | null;
}

/** Amounts in minor units of the order's currency are only known once the order is: a fact carries decimals, as strings. */
export type Fact =
  | { topic: 'payments'; paymentId: string; status: 'PAID' | 'FAILED' | 'REFUNDED'; amount: string; at: Instant; reason: string | null }
  | { topic: 'fulfilment'; status: 'ALLOCATED' | 'SHORTAGE'; warehouse: string | null; lines: LineQuantity[] | null; at: Instant }
  | {
      topic: 'fulfilment';
      status: 'DISPATCHED';
      shipmentId: string;
      warehouse: string | null;
      carrier: string | null;
      trackingNumber: string | null;
      lines: LineQuantity[] | null;
      at: Instant;
    }
  | { topic: 'tracking'; shipmentId: string; status: Exclude<ShipmentStatus, 'DISPATCHED'>; at: Instant; note: string | null }
  | { topic: 'settlements'; amount: string; at: Instant }
  | { topic: 'cancellations'; reason: string; at: Instant }
  | { topic: 'returns'; lines: LineQuantity[]; reason: string; at: Instant }
  | { topic: 'statuses'; status: string; at: Instant }
  | { topic: 'complaints'; text: string; at: Instant }
  | { topic: 'surveys'; score: number; comment: string | null; at: Instant };

/** A source reports something about the order; recorded whatever the order's state, set aside while the order is unknown. */
export interface ReportFact extends Of<'ReportFact'> {
  ref: OrderRef;
  fact: Fact;
  factId: string;
  system: string;
  /** Brought by an import of past orders; false where left out. */
  history?: boolean;
}

export interface CancelOrder extends Of<'CancelOrder'> {
  reason: string;
}
export interface PlaceHold extends Of<'PlaceHold'> {
  /** Given by the caller, so that the command can be sent again. */
  holdId: string;
  reason: string;
  expiresAt: Instant | null;
}
export interface ReleaseHold extends Of<'ReleaseHold'> {
  holdId: string;
  reason: string;
}
/** By the policy that watches expiry. */
export interface ExpireHold extends Of<'ExpireHold'> {
  holdId: string;
}
export interface ChangeAddress extends Of<'ChangeAddress'> {
  address: Address;
  reason: string;
}
export interface FileComplaint extends Of<'FileComplaint'> {
  text: string;
}
export interface AnswerSurvey extends Of<'AnswerSurvey'> {
  score: number;
  comment: string | null;
}

export type OrderCommand =
  | TakeOrder
  | ReportFact
  | CancelOrder
  | PlaceHold
  | ReleaseHold
  | ExpireHold
  | ChangeAddress
  | FileComplaint
  | AnswerSurvey
  | ApprovalCommand;
