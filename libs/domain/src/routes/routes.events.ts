// STORAGE FORMAT. Names and shapes here are what the log holds for ever: a new shape is a new version with an upcaster.
// Stream: routes-main. When the routes of the policy in force ceased to lead to people who can act, and when they did again.
import type { DomainEvent } from '@app/kernel';

/** As a check of one step of one rule tells it; NO_BACKUP of somebody who is here and never had one is never recorded: it is how things are set up. */
export const ROUTE_PROBLEMS = ['NO_HOLDER', 'HOLDER_DEPARTED', 'NO_BACKUP', 'BACKUP_DEPARTED', 'DELEGATION_CYCLE'] as const;
export type RouteProblem = (typeof ROUTE_PROBLEMS)[number];

/**
 * How bad it is for a role. STOPPED: fewer can act than must sign. ON_SUBSTITUTES: only others act, for holders who have departed.
 * UNSECURED: a holder's stand-in has departed, or a holder has none any more.
 */
export const ROUTE_STATES = ['STOPPED', 'ON_SUBSTITUTES', 'UNSECURED'] as const;
export type RouteState = (typeof ROUTE_STATES)[number];

/** A step, as a rule names it; the first is 1. */
export interface RouteStepRef {
  rule: string;
  step: number;
}

/** A role got worse, or as bad at more steps, or nobody at all is here (`role` null). `number` counts through the stream from 1. */
export type RouteBroken = DomainEvent<
  'RouteBroken',
  {
    number: number;
    role: string | null;
    state: RouteState;
    problem: RouteProblem;
    steps: RouteStepRef[];
    policyVersion: number;
    /** Told already when nobody at all was here: no news until an order meets it. */
    known: boolean;
    /** The order that met it, where one did. */
    orderNumber: string | null;
    /** Set where the role is well and only this task finds nobody: everybody of it is excluded from the order, or has a task in the same approval. */
    taskId: string | null;
  }
>;
/** The role got better, or as bad at fewer steps; `state` and `steps`: what is left of it, null and none when all is well. `role` null: somebody is here again. */
export type RouteMended = DomainEvent<'RouteMended', { role: string | null; state: RouteState | null; steps: RouteStepRef[]; policyVersion: number }>;

export type RoutesEvent = RouteBroken | RouteMended;
export const ROUTES_EVENT_TYPES = { RouteBroken: 1, RouteMended: 1 } as const satisfies Record<RoutesEvent['type'], number>;
export const ROUTES_STREAM = 'routes-main';
