// What became of an item, as its sender is told.
import type { DomainEvent, Position, Rejection } from '@app/kernel';
import type { CommandResult } from '@app/runtime';

export const OUTCOMES = ['CREATED', 'UPDATED', 'DUPLICATE', 'ACCEPTED', 'WAITING', 'REFUSED', 'QUARANTINED'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface IntakeOutcome {
  externalId: string | null;
  orderNumber: string | null;
  outcome: Outcome;
  /** Sentences; empty unless REFUSED or QUARANTINED. */
  errors: readonly string[];
  /** Durable up to here. */
  position: Position;
}

/** Taken, or refused without anything being recorded. */
export type Settlement = IntakeOutcome | { rejection: Rejection };

export function settled(outcome: Outcome, externalId: string | null, orderNumber: string | null, position: Position, errors: readonly string[] = []): IntakeOutcome {
  return { externalId, orderNumber, outcome, errors, position };
}

interface AboutOrder {
  orderNumber?: string | null;
  moved?: { is: { refused?: readonly { factId: string; message: string }[] } };
}

/** The number of the order that the events are about. */
export function numberIn(events: readonly DomainEvent[]): string | undefined {
  for (const event of events) {
    const { orderNumber } = event.data as AboutOrder;
    if (typeof orderNumber === 'string') return orderNumber;
  }
  return undefined;
}

export function orderOutcome(events: readonly DomainEvent[], factId: string, externalId: string, orderNumber: string, position: Position): IntakeOutcome {
  const types = new Set(events.map((event) => event.type));
  if (types.has('OrderPlaced')) return settled('CREATED', externalId, numberIn(events) ?? orderNumber, position);
  if (types.has('AmendmentRefused')) return settled('REFUSED', externalId, orderNumber, position, refusalsOf(events, factId));
  return settled(events.length === 0 ? 'DUPLICATE' : 'UPDATED', externalId, orderNumber, position);
}

export function factOutcome(result: CommandResult & { outcome: 'done' }, factId: string, externalId: string | null, orderNumber: string | null): IntakeOutcome {
  const { events, position } = result;
  if (result.repeated || events.length === 0) return settled('DUPLICATE', externalId, orderNumber, position);
  if (events[0]!.type === 'FactSetAside') return settled('WAITING', externalId, orderNumber, position);
  const refusals = refusalsOf(events, factId);
  return settled(refusals.length > 0 ? 'REFUSED' : 'ACCEPTED', externalId, orderNumber, position, refusals);
}

/** Why the standing after the events does not count the fact. */
function refusalsOf(events: readonly DomainEvent[], factId: string): readonly string[] {
  const standing = events.findLast((event) => (event.data as AboutOrder).moved?.is.refused !== undefined);
  const refused = standing === undefined ? [] : (standing.data as AboutOrder).moved!.is.refused!;
  return refused.filter((fact) => fact.factId === factId).map((fact) => fact.message);
}
