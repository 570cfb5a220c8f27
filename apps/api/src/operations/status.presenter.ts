// How a projection's status looks outside: faults say which file, but not where this machine keeps it.
// The same in answers and in the subscription.
import type { OrderTrail } from '@app/wiring';
import { withoutPaths } from '../rejection.presenter';
import type { OperationRecord } from './operations-desk';
import type { ProjectionStatusType } from './operations.types';

type Status = Awaited<ReturnType<OrderTrail['monitor']['statuses']>>[number];

export function presentStatus(status: Status, operations: readonly OperationRecord[]): ProjectionStatusType {
  const { error, lastRebuild } = status;
  return {
    ...status,
    error: hidden(error),
    lastRebuild: lastRebuild === null ? null : { ...lastRebuild, firstDifferingEventId: lastRebuild.firstDifferingEventId ?? null, error: hidden(lastRebuild.error) },
    operations: operations.map(({ operationId, kind, state, requestedBy, requestedAt, reason, key, endedAt, error: fault, rejection }) => ({
      operationId, kind, state, requestedBy, requestedAt, reason, key, endedAt: endedAt ?? null, error: hidden(fault ?? null), rejection: rejection ?? null,
    })),
  };
}

function hidden(fault: string | null): string | null {
  return fault === null ? null : withoutPaths(fault);
}
