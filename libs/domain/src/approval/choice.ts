// Who gets a task: never anybody who is departed, away, excluded, signing for somebody excluded or signing already, and nobody rather
// than the wrong one.
// Pure, and it keeps whom it looked at, so that the same choice can be made again.
import type { Instant } from '@app/kernel';
import { type BusinessCalendar, businessDayOf, dueAfter } from '../business-hours';
import { decimalOf } from '../money';
import type { OrderContext } from '../order/order.commands';
import type { PlacedOrder } from '../order/order.state';
import type { People, Person } from '../staff/person';
import type { PersonSeen } from '../staff/staff.events';
import { delegateOf, whoActsFor } from '../staff/who-acts';
import type { RoutingContext } from './approval.commands';
import type { ReviewStep, ReviewTask } from './approval.events';
import type { Approval } from './approval.state';
import { excludedFrom, relievedIn, signingIn } from './separation';

export interface Signatory {
  /** Whose signature it is. */
  holder: string;
  assignee: string;
}

interface Asked {
  at: Instant;
  context: OrderContext & { routing: RoutingContext };
}

const NOBODY: ReadonlySet<string> = new Set();
/** Rungs of the ladder: delegate or backup, superior, superior's superior. */
const RUNGS = 3;

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
   * Who would stand in for the holder of a task now, or the holder; null when that is nobody. For tasks that only delegations brought
   * to their assignee: nobody acts by one that is over.
   */
  rightfulFor({ actingFor, assignee, handovers }: ReviewTask): string | null {
    if (actingFor === null || assignee === null || handovers.some(({ reason }) => reason !== 'DELEGATION')) return null;
    const passOver = new Set(this.passedOver);
    passOver.delete(assignee);
    if (!this.barred.has(actingFor)) passOver.delete(actingFor);
    return this.actor(actingFor, passOver);
  }

  /** Gets no other task of this review. */
  take(staffId: string): void {
    this.barred.add(staffId);
    this.passedOver.add(staffId);
  }

  /** Somebody who had no task of the review yet, if there is any. */
  actorFor(staffId: string): string | null {
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
      this.leastLoaded(holders, (holder) => (this.actor(holder, this.barred) === holder ? holder : null)) ??
      this.leastLoaded(holders.filter((holder) => this.passedOver.has(holder)), (holder) => this.actorFor(holder))
    );
  }

  /** Every holder of the role, with whoever signs for them: who can signs for themselves, before anybody is asked to stand in. */
  everyHolder(role: string): { holder: string; assignee: string | null }[] {
    const holders = this.holdersOf(role);
    const assignees = new Map<string, string | null>();
    for (const holder of holders) if (this.actor(holder, this.barred) === holder) assignees.set(holder, holder);
    for (const holder of assignees.keys()) this.take(holder);
    return holders.map((holder) => {
      const assignee = assignees.get(holder) ?? this.actorFor(holder);
      if (assignee !== null) this.take(assignee);
      return { holder, assignee };
    });
  }

  /** Up the ladder from a rung: the next one that leads to somebody; null after the last. */
  above({ holder, assignee: current, rung }: ReviewTask): { assignee: string; rung: number } | null {
    const whose = holder ?? current;
    for (let next = rung + 1; whose !== null && next <= RUNGS; next += 1) {
      for (const target of this.targets(whose, next)) {
        const assignee = target === null ? null : this.actor(target, this.passedOver);
        if (assignee !== null) return { assignee, rung: next };
      }
    }
    return null;
  }

  /** A task of the step for somebody, or for nobody yet; it has its full limit from now on. */
  task(step: ReviewStep, approvalId: string, place: number, holder: string | null, assignee: string | null): ReviewTask {
    return {
      taskId: `${step.stepId}-${place}`, approvalId, stepId: step.stepId, role: step.role,
      ...this.assignment(step, holder, assignee),
      decidedAt: null, decidedBy: null, comment: null, handovers: [], rung: 0,
    };
  }

  assignment({ withinSeconds, businessHours }: ReviewStep, holder: string | null, assignee: string | null): Pick<ReviewTask, 'holder' | 'assignee' | 'actingFor' | 'status' | 'assignedAt' | 'dueAt'> {
    return {
      holder, assignee, actingFor: assignee === null || assignee === holder ? null : holder, status: assignee === null ? 'UNROUTED' : 'PENDING',
      assignedAt: this.at, dueAt: dueAfter(this.at, withinSeconds, businessHours, this.calendar),
    };
  }

  /** Here, and may not decide: so nobody decides for them either. */
  private isExcluded(staffId: string): boolean {
    return this.excluded.has(staffId) && this.person(staffId)?.active === true;
  }

  private actor(staffId: string, passOver: ReadonlySet<string>): string | null {
    return whoActsFor(staffId, this.at, this.amount, this.people, passOver, this.excluded)?.staffId ?? null;
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

  private leastLoaded(holders: readonly string[], actorFor: (holder: string) => string | null): Signatory | null {
    let best: Signatory | null = null;
    for (const holder of holders) {
      const assignee = actorFor(holder);
      if (assignee !== null && (best === null || this.loadOf(assignee) < this.loadOf(best.assignee))) best = { holder, assignee };
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
