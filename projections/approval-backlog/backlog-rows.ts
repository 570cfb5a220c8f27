// The rows of the approval backlog and their keys: one for each group (all, a role, an assignee) as it is now, one for what it has
// decided, one for each hour of all together. A group's row stays small however many tasks wait: it counts them by pieces of time.
import type { Instant } from '@app/kernel';
import type { DurationSketch } from '../duration-sketch';
import type { SparseCounts } from '../sparse-counts';

/** A task that nobody can take is pending for its role, not for an assignee. */
export interface BacklogGroupRow {
  kind: 'GROUP';
  of: 'ALL' | 'ROLE' | 'ASSIGNEE';
  /** The role or staff id; empty for all. */
  name: string;
  pending: number;
  /** Pending tasks by the slot (5 minutes) in which they were assigned, and in which they fall due. */
  assigned: SparseCounts;
  due: SparseCounts;
  /** Arrivals, leavings and decisions by minute, of the two hours before the latest. What leaves was decided, is no longer needed, or goes to another assignee. */
  arrivals: SparseCounts;
  leavings: SparseCounts;
  decisions: SparseCounts;
  /** Ever. */
  arrived: number;
  decided: number;
  /** Sum over all decided: from the task's assignment to its decision. */
  milliseconds: number;
}

/** What a group has decided, kept apart: arrivals do not touch it. */
export interface BacklogDecisionsRow {
  kind: 'DECISIONS';
  sketch: DurationSketch;
}

/** All groups together in one hour (UTC). */
export interface BacklogHourRow {
  kind: 'HOUR';
  arrived: number;
  decided: number;
  /** Decided, or no longer needed. */
  left: number;
}

export type BacklogRow = BacklogGroupRow | BacklogDecisionsRow | BacklogHourRow;

export const ALL_TASKS = 'all';

export function roleKey(role: string): string {
  return `role/${role}`;
}

export function assigneeKey(staffId: string): string {
  return `assignee/${staffId}`;
}

/** Of a group's key: `decisions/role/finance`. */
export function decisionsKey(group: string): string {
  return `decisions/${group}`;
}

/** `hour/2026-01-09T02` */
export function backlogHourKey(at: Instant): string {
  return `hour/${at.slice(0, 13)}`;
}

export const MINUTE_MS = 60_000;
export const SLOT_MS = 5 * MINUTE_MS;

export function minuteOf(at: Instant): number {
  return Math.floor(Date.parse(at) / MINUTE_MS);
}

export function slotOf(at: Instant): number {
  return Math.floor(Date.parse(at) / SLOT_MS);
}
