// The rows of the workflow board and their keys. Each stays small, whatever the load: one sketch a row, one place, one piece of time.
// All is counted twice, for the platform and for all of them ('*'), so that neither question has to add up the other's rows.
import type { Instant } from '@app/kernel';
import type { WorkflowNode } from '@app/domain';
import type { DurationSketch } from '../duration-sketch';

/** In place of a platform: all of them together. */
export const ALL_PLATFORMS = '*';

/** A node as it is now. */
export interface NodeRow {
  kind: 'NODE';
  pending: number;
  /** Latest day (UTC) on which anything happened at the node: nothing has to be read behind it. */
  lastDay: string;
}

/** What was completed within a time, by the end of the passage. */
interface Completions {
  late: number;
  /** Sum of all passages completed. */
  milliseconds: number;
  sketch: DurationSketch;
}

/** A node on one day (UTC); the lists have 24 places, one for each hour. */
export interface DayRow extends Completions {
  kind: 'DAY';
  arrived: number[];
  /** Left in whatever way, completed or not. */
  left: number[];
  completed: number[];
}

/** A node in one hour (UTC), for periods that do not begin or end with a day. */
export interface HourRow extends Completions {
  kind: 'HOUR';
  completed: number;
}

export type BoardRow = NodeRow | DayRow | HourRow;

/** `TB|REVIEW` */
export function nodeKey(platform: string, node: WorkflowNode): string {
  return `${platform}|${node}`;
}

/** `TB|REVIEW|2026-01-09` */
export function dayKey(place: string, at: Instant): string {
  return `${place}|${dayOf(at)}`;
}

/** `TB|REVIEW|2026-01-09T02` */
export function hourKey(place: string, at: Instant): string {
  return `${place}|${at.slice(0, 13)}`;
}

export function dayOf(at: Instant): string {
  return at.slice(0, 10);
}

/** 0 to 23. */
export function hourOf(at: Instant): number {
  return (at.charCodeAt(11) - ZERO_DIGIT) * 10 + at.charCodeAt(12) - ZERO_DIGIT;
}

const ZERO_DIGIT = '0'.charCodeAt(0);
