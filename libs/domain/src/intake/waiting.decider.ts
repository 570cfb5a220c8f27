// Facts that name an order number nobody knows yet, one stream per number; they go to the order once it is there.
// A fact is set aside once and forwarded once.
import type { Command, Decider, Instant } from '@app/kernel';
import type { Fact, OrderRef } from '../order/order.commands';
import type { FactSetAside, FactsForwarded } from '../order/order.events';

export interface SetFactAside extends Command<'SetFactAside'> {
  ref: OrderRef;
  fact: Fact;
  factId: string;
  system: string;
  /** Brought by an import of past orders; false where left out. */
  history?: boolean;
}
/** The order is known: its stream has recorded the facts. */
export interface ForwardFacts extends Command<'ForwardFacts'> {
  orderNumber: string;
  stream: string;
  factIds: string[];
}
export type WaitingCommand = SetFactAside | ForwardFacts;
type WaitingEvent = FactSetAside | FactsForwarded;

export const WAITING_EVENT_TYPES = { FactSetAside: 1, FactsForwarded: 1 } as const satisfies Record<WaitingEvent['type'], number>;

interface FactAside {
  factId: string;
  system: string;
  fact: Fact;
  at: Instant;
}
interface WaitingState {
  waiting: readonly FactAside[];
  forwarded: readonly string[];
}

export function waitingStream(orderNumber: string): string {
  return `waiting-${orderNumber}`;
}

export const waitingDecider: Decider<WaitingCommand, WaitingEvent, WaitingState> = {
  category: 'waiting',
  eventTypes: WAITING_EVENT_TYPES,
  initial: { waiting: [], forwarded: [] },
  decide,
  evolve,
};

function decide(command: WaitingCommand, { forwarded, waiting }: WaitingState): readonly WaitingEvent[] {
  if (command.type === 'SetFactAside') {
    const { fact, factId, history = false, ref, system } = command;
    if (forwarded.includes(factId) || waiting.some((aside) => aside.factId === factId)) return [];
    const { externalId, orderNumber, platform } = ref;
    return [{ type: 'FactSetAside', occurredAt: fact.at, data: { system, topic: fact.topic, factId, platform, externalId, orderNumber, history, payload: fact } }];
  }
  const { orderNumber, stream } = command;
  const factIds = command.factIds.filter((factId) => waiting.some((aside) => aside.factId === factId));
  return factIds.length === 0 ? [] : [{ type: 'FactsForwarded', occurredAt: command.at, data: { orderNumber, stream, factIds } }];
}

function evolve(state: WaitingState, event: WaitingEvent): WaitingState {
  switch (event.type) {
    case 'FactSetAside': {
      const { factId, payload, system } = event.data;
      return { ...state, waiting: [...state.waiting, { factId, system, fact: payload as Fact, at: event.occurredAt }] };
    }
    case 'FactsForwarded': {
      const { factIds } = event.data;
      return {
        waiting: state.waiting.filter(({ factId }) => !factIds.includes(factId)),
        forwarded: [...state.forwarded, ...factIds],
      };
    }
    default:
      return event satisfies never;
  }
}
