// The queue of a role's tasks as a fluid: what waits, what comes and what is served in the hour before, by slots of five minutes.
// Pure arithmetic over one small row; what an instant asks of it is answered for that instant.
import { type Instant, instantOf, later } from '@app/kernel';
import { type BacklogPeakPinned, backlogPeakOf, type ReviewTask, type TaskChange, type TasksRouted } from '@app/domain';

/** Counts by key; none is zero. */
type Counts = Record<string, number>;

export interface RoleQueue {
  role: string;
  /** Tasks that wait, also for somebody to be found. */
  pending: number;
  /** By slot, of the hour before the last event. */
  arrivals: Counts;
  /** Signed. */
  decisions: Counts;
  /** Left unsigned: with the decision of another, that made them needless; and without anybody's. */
  spared: Counts;
  withdrawals: Counts;
  /** The slot of each one's last decision. */
  deciders: Counts;
  /** Pending tasks by assignee. */
  assignees: Counts;
  /** Pending tasks by their limit in seconds, rounded up to whole minutes below an hour and to whole hours above. */
  limits: Counts;
  /** What it is warned of by: as the last tasks that came were routed under. */
  setting: BacklogPeakPinned;
  /** Of the last event. */
  at: Instant;
  /** When it began to wait for longer than it should; null while it was clear after the last event. */
  since: Instant | null;
  /** The alert about it was raised. */
  isTold: boolean;
}

/** What is asked of the queue at the beginning of a slot by one of the limits among its tasks. Rates are tasks per hour. */
interface QueueFigures {
  pending: number;
  /** Those of them with this limit or a shorter one. */
  pendingWithin: number;
  limitHours: number;
  arrivalRate: number;
  /** Decisions. */
  serviceRate: number;
  /** Decided, or no longer needed. */
  leavingRate: number;
  /** To work off those within the limit. Null: never, at these rates. */
  hoursToClear: number | null;
  /** Who decided in the last hour. */
  activeApprovers: number;
  /** Tasks that leave by the decisions of one. */
  ratePerApprover: number;
  /** Nobody decided: the rate of one approver is assumed. */
  isRateAssumed: boolean;
  /** So many who decide at that rate would clear those within the limit in time. */
  approversNeeded: number;
}

/** A queue that will have waited too long since `since` and is to be told at `at`. */
export interface Peak {
  since: Instant;
  at: Instant;
  figures: QueueFigures;
}

/** What an event says of tasks. */
export type TasksMoved = { tasks: readonly TaskChange[] } & Pick<TasksRouted['data'], 'backlogPeak'>;

const SLOT_MS = 300_000;
const SLOTS_PER_HOUR = 12;
const HOUR_SECONDS = 3_600;
/** Tasks routed before it could be set; version 1 holds for all earlier time. */
const AS_IT_SHIPS: BacklogPeakPinned = { ...backlogPeakOf({}), settingsVersion: 1 };
/** A queue counts as clear again once it takes half of its limit: it does not peak twice by hovering about it. */
const CLEAR_SHARE = 0.5;

export function queueAfter(before: RoleQueue | undefined, role: string, { tasks, backlogPeak }: TasksMoved, type: string, at: Instant): RoleQueue {
  const queue: RoleQueue = before === undefined ? emptyQueue(role, at) : copied(before, later(before.at, at));
  const slot = slotOf(at);
  if (type === 'TasksRouted') queue.setting = backlogPeak ?? AS_IT_SHIPS;
  for (const { was, is } of tasks) {
    if (is.role !== role) continue;
    if (waits(was)) count(queue, was, -1);
    if (waits(is)) count(queue, is, 1);
    if (type === 'TasksRouted' && was === null) add(queue.arrivals, `${slot}`, 1);
    if (type !== 'TaskHandedOver' && waits(was) && !waits(is)) leave(queue, is, type, slot);
  }
  forgetBefore(queue, slotOf(queue.at) + 1 - SLOTS_PER_HOUR);
  if (new Outlook(queue).isClear(slotOf(queue.at) + 1)) return { ...queue, since: null, isTold: false };
  const since = before === undefined ? undefined : new Outlook(before).since();
  return { ...queue, since: since !== undefined && since <= queue.at ? since : at };
}

/** `since`: of the alert. One about an earlier peak than the present one says nothing of it. */
export function queueTold(queue: RoleQueue, since: unknown): RoleQueue {
  const own = new Outlook(queue).since();
  return own !== undefined && own === since ? { ...queue, since: own, isTold: true } : queue;
}

/** The first instant from which the queue, if nothing happens, will be a peak; undefined if it never will, or was told already. */
export function peakOf(queue: RoleQueue): Peak | undefined {
  return queue.isTold ? undefined : new Outlook(queue).peak();
}

/**
 * What comes of a queue if nothing happens any more: its figures change only where a slot leaves the hour that is looked at, so no
 * timer need look in between.
 */
class Outlook {
  private readonly next: number;
  private readonly arrivals: HourBefore;
  private readonly decisions: HourBefore;
  private readonly spared: HourBefore;
  private readonly withdrawals: HourBefore;
  /** Seconds and tasks, by rising limit. */
  private readonly limits: readonly (readonly [number, number])[];

  constructor(private readonly queue: RoleQueue) {
    this.next = slotOf(queue.at) + 1;
    this.arrivals = hourBefore(queue.arrivals);
    this.decisions = hourBefore(queue.decisions);
    this.spared = hourBefore(queue.spared);
    this.withdrawals = hourBefore(queue.withdrawals);
    this.limits = numbered(queue.limits).sort(([a], [b]) => a - b);
  }

  /** When it began, or will begin, to wait for longer than it should: it is not clear any more once those who worked on it have stopped. */
  since(): Instant | undefined {
    return this.queue.since ?? this.first(this.next, (slot) => (this.isClear(slot) ? undefined : instantOf(slot * SLOT_MS)));
  }

  peak(): Peak | undefined {
    const since = this.since();
    if (since === undefined) return undefined;
    return this.first(Math.max(this.next, slotOf(since)), (slot) => {
      const figures = this.peakAt(slot, since);
      return figures === undefined ? undefined : { since, at: instantOf(slot * SLOT_MS), figures };
    });
  }

  isClear(slot: number): boolean {
    return this.queue.pending < this.queue.setting.pendingMin || this.figuresAt(slot).every((figures) => !this.isBehind(figures, CLEAR_SHARE));
  }

  /** The figures by the limit that asks for most approvers, of those that are not kept; undefined when it is no peak. */
  private peakAt(slot: number, since: Instant): QueueFigures | undefined {
    const isOld = slot * SLOT_MS - Date.parse(since) >= HOUR_SECONDS * 1_000;
    const assignees = Object.keys(this.queue.assignees).length;
    const late = this.figuresAt(slot).filter((figures) => this.isBehind(figures, 1) && ((isOld && hasWaited(figures)) || this.isBeyond(figures, assignees)));
    return late.reduce<QueueFigures | undefined>((worst, figures) => (worst === undefined || figures.approversNeeded > worst.approversNeeded ? figures : worst), undefined);
  }

  /** More than those who have them could serve at all. */
  private isBeyond({ pendingWithin, activeApprovers, ratePerApprover, limitHours }: QueueFigures, assignees: number): boolean {
    return pendingWithin > Math.max(1, activeApprovers, assignees) * Math.max(ratePerApprover, this.queue.setting.decisionsPerHour) * limitHours;
  }

  /**
   * `share`: of the limit. Few are no queue; nor are as many as leave within an hour (or a limit below it), which wait for no longer than
   * that however many come.
   */
  private isBehind({ pendingWithin, leavingRate, hoursToClear, limitHours }: QueueFigures, share: number): boolean {
    if (pendingWithin < this.queue.setting.pendingMin || pendingWithin <= leavingRate * Math.min(1, limitHours)) return false;
    return hoursToClear === null || hoursToClear > limitHours * share;
  }

  /**
   * By rising limit. A deterministic fluid queue (Kleinrock, Queueing Systems, volume II, chapter 2): with arrival rate a and leaving rate l,
   * n waiting tasks are worked off in n / (l - a), or never unless l > a. Served earliest due first, the n with a limit of at most t must be
   * worked off within t. By Little's law (L = a W) those that keep coming take the place of those that go, so that m approvers by each of
   * whom r leave an hour, beside the w that are withdrawn, clear them within t hours when m r + w - a >= n / t.
   */
  private figuresAt(slot: number): QueueFigures[] {
    const { pending, deciders, setting } = this.queue;
    const [arrivalRate, serviceRate, withdrawalRate] = [this.arrivals(slot), this.decisions(slot), this.withdrawals(slot)];
    const clearingRate = serviceRate + this.spared(slot);
    const leavingRate = clearingRate + withdrawalRate;
    const activeApprovers = Object.values(deciders).filter((last) => isLately(last, slot)).length;
    const isRateAssumed = activeApprovers === 0;
    const ratePerApprover = isRateAssumed ? setting.decisionsPerHour : clearingRate / activeApprovers;
    let pendingWithin = 0;
    return this.limits.map(([seconds, n]) => {
      pendingWithin += n;
      const limitHours = seconds / HOUR_SECONDS;
      const hoursToClear = leavingRate > arrivalRate ? pendingWithin / (leavingRate - arrivalRate) : null;
      const approversNeeded = Math.max(1, Math.ceil((arrivalRate - withdrawalRate + pendingWithin / limitHours) / ratePerApprover));
      return { pending, pendingWithin, limitHours, arrivalRate, serviceRate, leavingRate, hoursToClear, activeApprovers, ratePerApprover, isRateAssumed, approversNeeded };
    });
  }

  /** Slots are looked at until the last event has left the hour before them, and one more: an hour after a beginning within a slot. */
  private first<Found>(from: number, look: (slot: number) => Found | undefined): Found | undefined {
    for (let slot = from; slot <= from + SLOTS_PER_HOUR; slot++) {
      const found = look(slot);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** What was counted in the hour before a slot. */
type HourBefore = (slot: number) => number;

function hourBefore(counts: Counts): HourBefore {
  const counted = numbered(counts);
  return (slot) => {
    let sum = 0;
    for (const [other, n] of counted) if (isLately(other, slot)) sum += n;
    return sum;
  };
}

function numbered(counts: Counts): [number, number][] {
  return Object.entries(counts).map(([key, n]) => [Number(key), n]);
}

function isLately(other: number, slot: number): boolean {
  return other >= slot - SLOTS_PER_HOUR && other < slot;
}

/** Within an hour of its beginning few decisions mean little, and where as many came in the last hour as wait now nothing has waited for one. */
function hasWaited({ pending, arrivalRate }: QueueFigures): boolean {
  return pending > arrivalRate;
}

function emptyQueue(role: string, at: Instant): RoleQueue {
  return { role, pending: 0, arrivals: {}, decisions: {}, spared: {}, withdrawals: {}, deciders: {}, assignees: {}, limits: {}, setting: AS_IT_SHIPS, at, since: null, isTold: false };
}

function copied({ arrivals, decisions, spared, withdrawals, deciders, assignees, limits, ...rest }: RoleQueue, at: Instant): RoleQueue {
  return {
    ...rest, at, arrivals: { ...arrivals }, decisions: { ...decisions }, spared: { ...spared }, withdrawals: { ...withdrawals }, deciders: { ...deciders }, assignees: { ...assignees }, limits: { ...limits },
  };
}

function leave({ decisions, spared, withdrawals, deciders }: RoleQueue, { status, decidedBy }: ReviewTask, type: string, slot: number): void {
  const isSigned = status === 'APPROVED' || status === 'REJECTED';
  add(type !== 'TaskDecided' ? withdrawals : isSigned ? decisions : spared, `${slot}`, 1);
  if (isSigned && decidedBy !== null) deciders[decidedBy] = slot;
}

function count(queue: RoleQueue, task: ReviewTask, n: 1 | -1): void {
  queue.pending += n;
  add(queue.limits, `${limitOf(task)}`, n);
  if (task.assignee !== null) add(queue.assignees, task.assignee, n);
}

function add(counts: Counts, key: string, n: number): void {
  const sum = (counts[key] ?? 0) + n;
  if (sum === 0) delete counts[key];
  else counts[key] = sum;
}

function forgetBefore({ arrivals, decisions, spared, withdrawals, deciders }: RoleQueue, slot: number): void {
  for (const counts of [arrivals, decisions, spared, withdrawals]) for (const key of Object.keys(counts)) if (Number(key) < slot) delete counts[key];
  for (const [staffId, last] of Object.entries(deciders)) if (last < slot) delete deciders[staffId];
}

function waits(task: ReviewTask | null): task is ReviewTask {
  return task !== null && (task.status === 'PENDING' || task.status === 'UNROUTED');
}

function limitOf({ assignedAt, dueAt }: ReviewTask): number {
  const seconds = Math.max(1, (Date.parse(dueAt) - Date.parse(assignedAt)) / 1_000);
  const grain = seconds < HOUR_SECONDS ? 60 : HOUR_SECONDS;
  return Math.ceil(seconds / grain) * grain;
}

function slotOf(at: Instant): number {
  return Math.floor(Date.parse(at) / SLOT_MS);
}
