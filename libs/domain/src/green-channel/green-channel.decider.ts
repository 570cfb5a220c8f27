// The green channel: a set of orders is frozen, confirmed once by its token, and released order by order.
// What every order answered is recorded in the order of the set, so whoever goes on after an interruption knows where.
import { type Actor, type Command, type Decider, type Instant, reject, type Rejection } from '@app/kernel';
import { type FrozenOrder, GREEN_CHANNEL_EVENT_TYPES, type GreenChannelEvent, type GreenChannelOutcome } from './green-channel.events';

/** Of a set at once: what its event holds stays far below what a log takes in one append. */
export const FROZEN_TOGETHER_MAX = 1_000;
/** Orders that are released between two records of what they answered. */
export const RELEASED_TOGETHER_MAX = 200;

interface Of<Type extends string> extends Command<Type> {
  token: string;
}

/** Up to FROZEN_TOGETHER_MAX of the set, before it is previewed. */
export interface FreezeGreenChannelOrders extends Of<'FreezeGreenChannelOrders'> {
  orders: FrozenOrder[];
}
/** Ends the set. */
export interface PreviewGreenChannel extends Of<'PreviewGreenChannel'> {
  filter: Record<string, unknown>;
  /** Decimal; null for none. */
  maxAmount: string | null;
  expiresAt: Instant;
}
export interface ConfirmGreenChannel extends Of<'ConfirmGreenChannel'> {
  reason: string;
}
/** Releases the next orders of a confirmed set. Nothing is left to do: no event. */
export interface ContinueGreenChannel extends Of<'ContinueGreenChannel'> {
  /** What the orders answered that `nextOrders` named, carried by the command: they were asked for this decision. */
  outcomes?: readonly GreenChannelOutcome[];
}
type GreenChannelCommand = FreezeGreenChannelOrders | PreviewGreenChannel | ConfirmGreenChannel | ContinueGreenChannel;

export interface GreenChannelState {
  orders: readonly FrozenOrder[];
  /** Null until the set is whole. */
  expiresAt: Instant | null;
  /** Null until confirmed. */
  confirmed: { actor: Actor; reason: string } | null;
  /** Of the first orders of the set, in its order. */
  outcomes: readonly GreenChannelOutcome[];
  completed: boolean;
}
type GreenChannelRejection = Rejection<
  'GreenChannelNotFound' | 'GreenChannelFrozen' | 'GreenChannelExpired' | 'GreenChannelConfirmedBefore' | 'GreenChannelNotConfirmed' | 'ReasonMissing'
>;

export const greenChannelDecider: Decider<GreenChannelCommand, GreenChannelEvent, GreenChannelState> = {
  category: 'greenchannel',
  eventTypes: GREEN_CHANNEL_EVENT_TYPES,
  initial: { orders: [], expiresAt: null, confirmed: null, outcomes: [], completed: false },
  decide,
  evolve,
};

/** Whose turn it is; none before the confirmation and after the last one. */
export function nextOrders({ orders, confirmed, outcomes }: GreenChannelState): readonly FrozenOrder[] {
  return confirmed === null ? [] : orders.slice(outcomes.length, outcomes.length + RELEASED_TOGETHER_MAX);
}

function decide(command: GreenChannelCommand, state: GreenChannelState): readonly GreenChannelEvent[] | GreenChannelRejection {
  const { at, token } = command;
  const { orders, expiresAt, confirmed, outcomes, completed } = state;
  switch (command.type) {
    case 'FreezeGreenChannelOrders':
      if (expiresAt !== null) return frozen(token);
      return [{ type: 'GreenChannelOrdersFrozen', occurredAt: at, data: { token, orders: command.orders } }];
    case 'PreviewGreenChannel': {
      if (expiresAt !== null) return frozen(token);
      const { filter, maxAmount } = command;
      return [{ type: 'GreenChannelPreviewed', occurredAt: at, data: { token, count: orders.length, filter, maxAmount, expiresAt: command.expiresAt, by: command.actor.id } }];
    }
    case 'ConfirmGreenChannel': {
      if (expiresAt === null) return reject('GreenChannelNotFound', 'There is no green channel with this token. Make a preview.');
      if (confirmed !== null) return reject('GreenChannelConfirmedBefore', `This green channel was confirmed by ${confirmed.actor.id}; a token is good once. Make another preview.`, { by: confirmed.actor.id });
      if (at >= expiresAt) return reject('GreenChannelExpired', `The preview was good until ${expiresAt}. Make another one.`, { expiresAt });
      const reason = command.reason.trim();
      if (reason === '') return reject('ReasonMissing', 'Give a reason to release the orders.');
      const events: GreenChannelEvent[] = [{ type: 'GreenChannelConfirmed', occurredAt: at, data: { token, count: orders.length, reason, by: command.actor.id, role: command.actor.role } }];
      return orders.length === 0 ? [...events, { type: 'GreenChannelCompleted', occurredAt: at, data: { token, succeeded: 0, failed: 0 } }] : events;
    }
    case 'ContinueGreenChannel': {
      if (confirmed === null) return reject('GreenChannelNotConfirmed', 'Nobody has confirmed this green channel.');
      if (completed) return [];
      const answered = inTurn(state, command.outcomes ?? []);
      const events: GreenChannelEvent[] = [{ type: 'GreenChannelAdvanced', occurredAt: at, data: { token, outcomes: answered } }];
      const all = [...outcomes, ...answered];
      if (all.length < orders.length) return events;
      const failed = all.filter(({ rejection }) => rejection !== null).length;
      return [...events, { type: 'GreenChannelCompleted', occurredAt: at, data: { token, succeeded: all.length - failed, failed } }];
    }
    default:
      return command satisfies never;
  }
}

/** Throws unless they are the answers of the next orders, one each. */
function inTurn(state: GreenChannelState, outcomes: readonly GreenChannelOutcome[]): GreenChannelOutcome[] {
  const next = nextOrders(state);
  if (outcomes.length !== next.length || next.some(({ orderNumber }, at) => outcomes[at]!.orderNumber !== orderNumber)) throw new Error('What the next orders of the green channel answered was not brought along.');
  return [...outcomes];
}

function evolve(state: GreenChannelState, event: GreenChannelEvent): GreenChannelState {
  switch (event.type) {
    case 'GreenChannelOrdersFrozen':
      return { ...state, orders: [...state.orders, ...event.data.orders] };
    case 'GreenChannelPreviewed':
      return { ...state, expiresAt: event.data.expiresAt };
    case 'GreenChannelConfirmed':
      return { ...state, confirmed: { actor: { id: event.data.by, role: event.data.role }, reason: event.data.reason } };
    case 'GreenChannelAdvanced':
      return { ...state, outcomes: [...state.outcomes, ...event.data.outcomes] };
    case 'GreenChannelCompleted':
      return { ...state, completed: true };
    default:
      return event satisfies never;
  }
}

function frozen(token: string): GreenChannelRejection {
  return reject('GreenChannelFrozen', 'The set of this green channel is whole and takes no more orders.', { token });
}
