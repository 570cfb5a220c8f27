// What intake answers about one item, read from the events that its command made.
// A fact is REFUSED when the standing after it lists it as not counting; it is recorded all the same.
import type { OrderEvent, RefusedFact } from './order.events';

type TakenAs = 'CREATED' | 'UPDATED' | 'DUPLICATE' | 'ACCEPTED' | 'WAITING' | 'REFUSED';

interface TakenItem {
  outcome: TakenAs;
  /** Why it was refused; empty otherwise. */
  errors: string[];
}

/** `events`: all that one TakeOrder or ReportFact made, in order; none means that it was known already. */
export function outcomeOf(events: readonly OrderEvent[]): TakenItem {
  const first = events[0];
  if (first === undefined) return { outcome: 'DUPLICATE', errors: [] };
  switch (first.type) {
    case 'OrderPlaced':
      return { outcome: 'CREATED', errors: [] };
    case 'FactSetAside':
      return { outcome: 'WAITING', errors: [] };
    case 'OrderAmended':
      return { outcome: 'UPDATED', errors: [] };
    default:
      return takenFact(first, events);
  }
}

function takenFact(first: OrderEvent, events: readonly OrderEvent[]): TakenItem {
  const refused = 'factId' in first.data ? refusalOf(events, first.data.factId) : undefined;
  if (refused !== undefined) return { outcome: 'REFUSED', errors: [`${refused.rejection}: ${refused.message}`] };
  return { outcome: 'ACCEPTED', errors: [] };
}

function refusalOf(events: readonly OrderEvent[], factId: string): RefusedFact | undefined {
  for (let i = events.length - 1; i >= 0; i -= 1) {
    const { data } = events[i]!;
    const refused = 'moved' in data ? data.moved?.is.refused : undefined;
    if (refused !== undefined) return refused.findLast((fact) => fact.factId === factId);
  }
  return undefined;
}
