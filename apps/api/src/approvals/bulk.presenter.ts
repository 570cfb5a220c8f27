// What came of one task of many that were to move to someone who can act.
// A failure too where it moved away from somebody gone and came to nobody.
import type { TaskHandedOver } from '@app/domain';
import { type DomainEvent, reject, type Rejection } from '@app/kernel';
import type { CommandResult } from '@app/runtime';

/** Null where the task is with somebody who can act, or needs nobody any more. */
export function failureOf(taskId: string, outcome: CommandResult): Rejection | null {
  if (outcome.outcome === 'refused') return outcome.rejection;
  if (!outcome.events.some(cameToNobody)) return null;
  return reject('NobodyCanAct', `Nobody can act on what task ${taskId} asks for: it waits UNROUTED, and is routed by itself as soon as somebody can. See routeChecks.`, { taskId });
}

function cameToNobody({ type, data }: DomainEvent): boolean {
  return type === ('TaskHandedOver' satisfies TaskHandedOver['type']) && (data as TaskHandedOver['data']).tasks.some(({ was, is }) => was === null && is.assignee === null);
}
