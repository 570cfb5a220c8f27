// Who gets a task: never anybody who is departed, away, excluded, signing for somebody excluded or signing already, and nobody rather
// than the wrong one.
// Pure, and it keeps whom it looked at, so that the same choice can be made again.
import type { Instant } from '@app/kernel';
import { type BusinessCalendar, businessDayOf, dueAfter } from '../business-hours';
import { decimalOf } from '../money';
import type { OrderContext } from '../order/order.commands';
import type { PlacedOrder } from '../order/order.state';
import type { People, Person } from '../staff/person';
import type { PersonSeen, SubstitutionStep } from '../staff/staff.events';
import { type Acting, delegateOf, whoActsFor } from '../staff/who-acts';
import type { RoutingContext } from './approval.commands';
import type { ReviewStep, ReviewTask } from './approval.events';
import type { Approval } from './approval.state';
import { excludedFrom, relievedIn, signingIn } from './separation';

export interface Signatory {
  /** Whose signature it is. */
  holder: string;
  assignee: string;
  way: readonly SubstitutionStep[];
}

/** Whose task it is; nobody's yet without an assignee. */
export type Assigned = Signatory | { holder: string | null; assignee: string | null; way: readonly SubstitutionStep[] };

interface Asked {
  at: Instant;
  context: OrderContext & { routing: RoutingContext };
}

const NOBODY: ReadonlySet<string> = new Set();
/** Rungs of the ladder: delegate or backup, superior, superior's superior. */
const RUNGS = 3;

/** By its hand-overs where it was not recorded: whatever only delegations moved came by one. */
function wayTo({ actingFor, assignee, handovers, way }: ReviewTask): readonly SubstitutionStep[] {
  if (way !== undefined) return way;
  const isDelegated = actingFor !== null && assignee !== null && handovers.every(({ reason }) => reason === 'DELEGATION');
  return isDelegated ? [{ from: actingFor, to: assignee, by: 'DELEGATION' }] : [];
}

export class Choice {
  private readonly at: Instant;
  private readonly routing: RoutingContext;
  private readonly calendar: BusinessCalendar;
  /** Decimal in major units, as delegations limit it. */
  private readonly amount: string;
  private readonly excluded: ReadonlySet<string>;
  /** Who may get no task of this review: excluded from the order, or signing it already. */
  private readonly barred: Set<string>;
  /** These too, and who had one that was taken from them: they come last. */
  private readonly passedOver: Set<string>;
  private readonly revisions = new Map<string, number>();
  /** Open tasks of those who were compared by them. */
  readonly loads: Record<string, number> = {};
  private readonly people: Pick<People, 'get'> = { get: (staffId) => this.person(staffId) };

  constructor(order: PlacedOrder, approval: Approval, { at, context }: Asked) {
    const { content, identity } = order;
    this.at = at;
    this.routing = context.routing;
    this.calendar = { ...businessDayOf(context.settings.at(-1)!), zone: context.routing.zone };
    this.amount = decimalOf(Math.max(0, content.total), identity.currency);
    this.excluded = excludedFrom(order);
    this.barred = new Set([...this.excluded, ...signingIn(approval)]);
    this.passedOver = new Set([...this.barred, ...relievedIn(approval)]);
  }

  /** Everybody who was looked at, by their id. */
  get seen(): PersonSeen[] {
    return [...this.revisions.keys()].sort().map((staffId) => ({ staffId, revision: this.revisions.get(staffId)! }));
  }

  /** Here and not away, whatever they may do on this order. */
  isHere(staffId: string): boolean {
    return whoActsFor(staffId, this.at, this.amount, this.people)?.staffId === staffId;
  }

  holds(staffId: string, role: string): boolean {
    return this.person(staffId)?.roles.includes(role) === true;
  }

  /**
   * Who would have a task now that a delegation has brought to its assignee, beginning with whoever it came from; null when that is
   * nobody. Nobody acts by a delegation that is over.
   */
  rightfulFor(task: ReviewTask): Acting | null {
    const way = wayTo(task);
    if (task.assignee === null || !way.some(({ by }) => by === 'DELEGATION')) return null;
    const passOver = new Set(this.passedOver);
    for (const staffId of way.flatMap(({ from }) => (this.barred.has(from) ? [] : [from]))) passOver.delete(staffId);
    passOver.delete(task.assignee);
    return this.actor(way[0]!.from, passOver);
  }

  /** The delegation by which the assignee has a task and that is not in force, or does not cover the order; null when there is none. */
  delegationOver({ way = [] }: ReviewTask): SubstitutionStep | null {
    const isOver = ({ from, to, by }: SubstitutionStep): boolean => {
      const person = by === 'DELEGATION' ? this.person(from) : undefined;
      return person !== undefined && delegateOf(person, this.at, this.amount) !== to;
    };
    return way.find(isOver) ?? null;
  }

  /** Gets no other task of this review. */
  take(staffId: string): void {
    this.barred.add(staffId);
    this.passedOver.add(staffId);
  }

  /** Somebody who had no task of the review yet, if there is any. */
  actorFor(staffId: string): Acting | null {
    if (this.isExcluded(staffId)) return null;
    return this.actor(staffId, this.passedOver) ?? this.actor(staffId, this.barred);
  }

  /**
   * One holder of the role: of those who may sign, the one whose task would come to whoever has the fewest open ones; those from whom
   * a task was taken come last. Only where none of them can act, somebody for a holder who may not sign. `except`: holders whose
   * signature is asked for already.
   */
  oneHolder(role: string, except: ReadonlySet<string> = NOBODY): Signatory | null {
    const holders = this.holdersOf(role).filter((holder) => !except.has(holder));
    const fresh = holders.filter((holder) => !this.passedOver.has(holder));
    return (
      this.leastLoaded(fresh, (holder) => this.actorFor(holder)) ??
      this.leastLoaded(holders, (holder) => this.themselves(holder)) ??
      this.leastLoaded(holders.filter((holder) => this.passedOver.has(holder)), (holder) => this.actorFor(holder))
    );
  }

  /** Every holder of the role, with whoever signs for them: who can signs for themselves, before anybody is asked to stand in. */
  everyHolder(role: string): Assigned[] {
    const holders = this.holdersOf(role);
    const acting = new Map<string, Acting>();
    for (const holder of holders) {
      const themselves = this.themselves(holder);
      if (themselves !== null) acting.set(holder, themselves);
    }
    for (const holder of acting.keys()) this.take(holder);
    return holders.map((holder) => {
      const found = acting.get(holder) ?? this.actorFor(holder);
      if (found !== null) this.take(found.staffId);
      return { holder, assignee: found?.staffId ?? null, way: found?.way ?? [] };
    });
  }

  /** Up the ladder from a rung: the next one that leads to somebody; null after the last. */
  above({ holder, assignee: current, rung }: ReviewTask): (Pick<Signatory, 'assignee' | 'way'> & { rung: number }) | null {
    const whose = holder ?? current;
    for (let next = rung + 1; whose !== null && next <= RUNGS; next += 1) {
      for (const target of this.targets(whose, next)) {
        const acting = target === null ? null : this.actor(target, this.passedOver);
        if (acting !== null) return { assignee: acting.staffId, way: acting.way, rung: next };
      }
    }
    return null;
  }

  /** A task of the step for somebody, or for nobody yet; it has its full limit from now on. */
  task(step: ReviewStep, approvalId: string, place: number, assigned: Assigned): ReviewTask {
    return {
      taskId: `${step.stepId}-${place}`, approvalId, stepId: step.stepId, role: step.role,
      ...this.assignment(step, assigned),
      decidedAt: null, decidedBy: null, comment: null, handovers: [], rung: 0,
    };
  }

  assignment({ withinSeconds, businessHours }: ReviewStep, { holder, assignee, way }: Assigned): Pick<ReviewTask, 'holder' | 'assignee' | 'actingFor' | 'status' | 'assignedAt' | 'dueAt' | 'way'> {
    return {
      holder, assignee, way, actingFor: assignee === null || assignee === holder ? null : holder, status: assignee === null ? 'UNROUTED' : 'PENDING',
      assignedAt: this.at, dueAt: dueAfter(this.at, withinSeconds, businessHours, this.calendar),
    };
  }

  /** Here, and may not decide: so nobody decides for them either. */
  private isExcluded(staffId: string): boolean {
    return this.excluded.has(staffId) && this.person(staffId)?.active === true;
  }

  /** Who can sign for themselves. */
  private themselves(holder: string): Acting | null {
    const acting = this.actor(holder, this.barred);
    return acting?.staffId === holder ? acting : null;
  }

  private actor(staffId: string, passOver: ReadonlySet<string>): Acting | null {
    return whoActsFor(staffId, this.at, this.amount, this.people, passOver, this.excluded);
  }

  private targets(holder: string, rung: number): (string | null)[] {
    const person = this.person(holder);
    if (person === undefined) return [];
    const superior = person.supervisor;
    if (rung === 2) return [superior];
    if (rung === 3) return [superior === null ? null : (this.person(superior)?.supervisor ?? null)];
    const delegate = delegateOf(person, this.at, this.amount);
    return [delegate !== null && this.passedOver.has(delegate) ? null : delegate, person.backup];
  }

  private leastLoaded(holders: readonly string[], actorFor: (holder: string) => Acting | null): Signatory | null {
    let best: Signatory | null = null;
    for (const holder of holders) {
      const acting = actorFor(holder);
      if (acting !== null && (best === null || this.loadOf(acting.staffId) < this.loadOf(best.assignee))) best = { holder, assignee: acting.staffId, way: acting.way };
    }
    return best;
  }

  /** By their ids: those who are here, or where none is, those who have departed. */
  private holdersOf(role: string): string[] {
    const holders: Person[] = [];
    for (const found of this.routing.people.values()) if (found !== null && found.person.roles.includes(role)) holders.push(found.person);
    const active = holders.filter((person) => person.active);
    return (active.length > 0 ? active : holders).map(({ staffId }) => staffId).sort();
  }

  private loadOf(staffId: string): number {
    return (this.loads[staffId] = this.routing.loads.get(staffId) ?? 0);
  }

  private person(staffId: string): Person | undefined {
    const found = this.routing.people.get(staffId);
    if (found === null || found === undefined) return undefined;
    this.revisions.set(staffId, found.revision);
    return found.person;
  }
}
