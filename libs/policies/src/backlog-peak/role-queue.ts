// The queue of a role's tasks as a fluid: what waits, what comes and what is served in the hour before, by slots of five minutes.
// Pure arithmetic over one small row; what an instant asks of it is answered for that instant.
import { type Instant, instantOf, later } from '@app/kernel';
import type { ReviewTask, TaskChange } from '@app/domain';

/** Counts by key; none is zero. */
type Counts = Record<string, number>;

export interface RoleQueue {
  role: string;
  /** Tasks that wait, also for somebody to be found. */
  pending: number;
  /** By slot, of the hour before the last event. */
  arrivals: Counts;
  decisions: Counts;
  /** The slot of each one's last decision. */
  deciders: Counts;
  /** Pending tasks by assignee. */
  assignees: Counts;
  /** Pending tasks by their limit in seconds, rounded up to whole minutes below an hour and to whole hours above. */
  limits: Counts;
  /** Of the last event. */
  at: Instant;
  /** When it began to wait for longer than it should; null while it is clear. */
  since: Instant | null;
  /** The alert about it was raised. */
  isTold: boolean;
}

/** The queue at the beginning of a slot. Rates are per hour. */
interface QueueFigures {
  pending: number;
  arrivalRate: number;
  serviceRate: number;
  /** Null: never, at these rates. */
  hoursToClear: number | null;
  /** The longest limit among the pending tasks. */
  limitHours: number;
  /** Who decided in the last hour. */
  activeApprovers: number;
  ratePerApprover: number;
  /** Nobody decided: the rate of one approver is assumed. */
  isRateAssumed: boolean;
  /** So many who decide at that rate would clear it within the limit. */
  approversNeeded: number;
}

const SLOT_MS = 300_000;
const SLOTS_PER_HOUR = 12;
const HOUR_SECONDS = 3_600;
/** Fewer are no queue; nor are as many as are decided in an hour, which wait for less than that however many come. */
const PENDING_MIN = 5;
/** Of one approver, where none has decided lately: five minutes for a task. */
const RATE_ASSUMED_PER_HOUR = 12;
/** A queue counts as clear again once it takes half of its limit: it does not peak twice by hovering about it. */
const CLEAR_SHARE = 0.5;

export function queueAfter(before: RoleQueue | undefined, role: string, changes: readonly TaskChange[], type: string, at: Instant): RoleQueue {
  const queue: RoleQueue = before === undefined
    ? { role, pending: 0, arrivals: {}, decisions: {}, deciders: {}, assignees: {}, limits: {}, at, since: null, isTold: false }
    : { ...before, arrivals: { ...before.arrivals }, decisions: { ...before.decisions }, deciders: { ...before.deciders }, assignees: { ...before.assignees }, limits: { ...before.limits }, at: later(before.at, at) };
  const slot = slotOf(at);
  for (const { was, is } of changes) {
    if (is.role !== role) continue;
    if (waits(was)) count(queue, was, -1);
    if (waits(is)) count(queue, is, 1);
    if (type === 'TasksRouted' && was === null) add(queue.arrivals, `${slot}`, 1);
    if (type === 'TaskDecided' && waits(was) && (is.status === 'APPROVED' || is.status === 'REJECTED')) {
      add(queue.decisions, `${slot}`, 1);
      if (is.decidedBy !== null) queue.deciders[is.decidedBy] = slot;
    }
  }
  forgetBefore(queue, slotOf(queue.at) + 1 - SLOTS_PER_HOUR);
  if (isClear(queue)) return { ...queue, since: null, isTold: false };
  return { ...queue, since: queue.since ?? at };
}

/**
 * The first instant from which the queue, if nothing happens, will have been a peak; undefined if never, or if it was told already.
 * Between events the figures change only where a slot leaves the hour that is looked at, so no timer need look in between.
 */
export function peaksAt(queue: RoleQueue): Instant | undefined {
  if (queue.isTold || queue.since === null || queue.pending < PENDING_MIN) return undefined;
  const next = slotOf(queue.at) + 1;
  for (let slot = next; slot <= next + SLOTS_PER_HOUR; slot++) if (isPeak(queue, slot)) return instantOf(slot * SLOT_MS);
  return undefined;
}

/** At an instant at which a slot begins. */
export function figuresAt(queue: RoleQueue, at: Instant): QueueFigures {
  return figuresOf(queue, slotOf(at));
}

/**
 * A deterministic fluid queue (Kleinrock, Queueing Systems, volume II, chapter 2): with arrival rate a and service rate s, n waiting tasks are
 * worked off in n / (s - a), or never unless s > a. By Little's law (L = a W) those that keep coming take the place of those that go,
 * so that m approvers who decide r an hour each clear it within t hours when m r - a >= n / t.
 */
function figuresOf(queue: RoleQueue, slot: number): QueueFigures {
  const isLately = (other: number): boolean => other >= slot - SLOTS_PER_HOUR && other < slot;
  const lately = (counts: Counts): number => Object.entries(counts).reduce((sum, [key, n]) => (isLately(Number(key)) ? sum + n : sum), 0);
  const { pending } = queue;
  const [arrivalRate, serviceRate] = [lately(queue.arrivals), lately(queue.decisions)];
  const activeApprovers = Object.values(queue.deciders).filter(isLately).length;
  const isRateAssumed = activeApprovers === 0;
  const ratePerApprover = isRateAssumed ? RATE_ASSUMED_PER_HOUR : serviceRate / activeApprovers;
  const limitHours = Math.max(0, ...Object.keys(queue.limits).map(Number)) / HOUR_SECONDS;
  const hoursToClear = pending === 0 ? 0 : serviceRate > arrivalRate ? pending / (serviceRate - arrivalRate) : null;
  const approversNeeded = pending === 0 ? 0 : Math.ceil((arrivalRate + pending / limitHours) / ratePerApprover);
  return { pending, arrivalRate, serviceRate, hoursToClear, limitHours, activeApprovers, ratePerApprover, isRateAssumed, approversNeeded };
}

/** Within an hour of its beginning few decisions mean little: only more than could be served at all is a peak then. */
function isPeak(queue: RoleQueue, slot: number): boolean {
  const { pending, serviceRate, hoursToClear, limitHours, activeApprovers, ratePerApprover } = figuresOf(queue, slot);
  if (pending < PENDING_MIN || pending < serviceRate || queue.since === null) return false;
  if (hoursToClear !== null && hoursToClear <= limitHours) return false;
  const isObserved = slot * SLOT_MS - Date.parse(queue.since) >= HOUR_SECONDS * 1_000;
  const approvers = Math.max(1, activeApprovers, Object.keys(queue.assignees).length);
  return isObserved || pending > approvers * Math.max(ratePerApprover, RATE_ASSUMED_PER_HOUR) * limitHours;
}

function isClear(queue: RoleQueue): boolean {
  if (queue.pending < PENDING_MIN) return true;
  const { pending, serviceRate, hoursToClear, limitHours } = figuresOf(queue, slotOf(queue.at) + 1);
  if (pending < serviceRate) return true;
  return hoursToClear !== null && hoursToClear <= limitHours * CLEAR_SHARE;
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

function forgetBefore({ arrivals, decisions, deciders }: RoleQueue, slot: number): void {
  for (const counts of [arrivals, decisions]) for (const key of Object.keys(counts)) if (Number(key) < slot) delete counts[key];
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
