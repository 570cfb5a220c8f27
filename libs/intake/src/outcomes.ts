// What became of an item, as its sender is told: one of seven outcomes, and sentences where something is wrong.
// The domain says what events amount to; here only repetition is added, which events cannot show.
import { type OrderEvent, outcomeOf } from '@app/domain';
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

type Done = CommandResult & { outcome: 'done' };

/** The number of the order that the events are about. */
export function numberIn(events: readonly DomainEvent[]): string | undefined {
  for (const event of events) {
    const { orderNumber } = event.data as { orderNumber?: unknown };
    if (typeof orderNumber === 'string') return orderNumber;
  }
  return undefined;
}

export function orderOutcome({ events, position }: Done, externalId: string, orderNumber: string | null): IntakeOutcome {
  const { outcome, errors } = outcomeOf(events as readonly OrderEvent[]);
  return settled(outcome, externalId, numberIn(events) ?? orderNumber, position, errors);
}

/** A fact that comes again is a duplicate, whatever came of it the first time. */
export function factOutcome({ events, position, repeated }: Done, externalId: string | null, orderNumber: string | null): IntakeOutcome {
  const { outcome, errors } = outcomeOf(repeated ? [] : (events as readonly OrderEvent[]));
  return settled(outcome, externalId, orderNumber, position, errors);
}
