// What may be asked of a projection at the same time, what must be said with it, and that an end is recorded once.
import type { Command } from '@app/kernel';
import { given } from '@test/dsl';
import type { ProjectionCommand, RequestParkedRetry, RequestParkedSkip, RequestRebuild, RequestRollback, RequestSwitch } from './projection.commands';
import { projectionDecider } from './projection.decider';

const at = '2026-01-09T02:00:00.000Z';
const base = { actor: { id: 'ops-lin', role: 'ops' }, at };
const system = { actor: { id: 'ordertrail', role: 'system' }, at };
const batch = { id: 'b-1', projections: ['order-status'] };
const rebuild = (id = 'r-1', mode: RequestRebuild['mode'] = 'SWITCH'): RequestRebuild => ({ ...base, type: 'RequestRebuild', id, mode, reason: 'a look', batch });
const switchTo = (id = 's-1', reason = 'better'): RequestSwitch => ({ ...base, type: 'RequestSwitch', id, reason });
const rollback = (id = 'b-1', reason = 'worse'): RequestRollback => ({ ...base, type: 'RequestRollback', id, reason });
const retry = (id = 't-1', key = 'k'): RequestParkedRetry => ({ ...base, type: 'RequestParkedRetry', id, key });
const skip = (id = 'k-1', reason = 'of no use'): RequestParkedSkip => ({ ...base, type: 'RequestParkedSkip', id, key: 'k', eventId: 'e-1', reason });
const rebuilt = (operationId = 'r-1'): ProjectionCommand => ({
  ...system, type: 'RecordRebuilt', id: `done-${operationId}`, operationId,
  outcome: { mode: 'SWITCH', startedAt: at, finishedAt: at, processed: 7, differences: 0, firstDifference: null, firstDifferingEventId: null, switched: true },
});
const failed = (operationId: string): ProjectionCommand => ({ ...system, type: 'RecordFailure', id: `failed-${operationId}`, operationId, rejection: null, error: 'disk full' });

test('a rebuild is recorded with who asked, why, and what came of it', () => {
  const of = { operationId: 'r-1', requestedBy: 'ops-lin', reason: 'a look' };
  given(projectionDecider, []).when(rebuild()).idempotently().then([{ type: 'ProjectionRebuildRequested', occurredAt: at, data: { ...of, mode: 'SWITCH', batch } }]);
  given(projectionDecider, []).when(rebuild(), rebuilt()).idempotently().thenLike({ type: 'ProjectionRebuilt', data: { ...of, processed: 7, switched: true } });
});

test('a switch, a rollback, a retry and a skip end as what they were', () => {
  const inUse = (operationId: string): ProjectionCommand => ({ ...system, type: 'RecordInUse', id: `done-${operationId}`, operationId, outcome: { table: 'a@1.2', former: 'a@1.1' } });
  const skipped: ProjectionCommand = { ...system, type: 'RecordSkipped', id: 'skipped', operationId: 'k-1', skipped: { lane: 'KEY', key: 'k', eventId: 'e-1', position: '7', error: 'no' } };
  const retried = (operationId: string): ProjectionCommand => ({ ...system, type: 'RecordRetried', id: `done-${operationId}`, operationId, resumed: 3 });
  given(projectionDecider, []).when(switchTo(), inUse('s-1')).idempotently().thenLike({ type: 'ProjectionSwitched', data: { table: 'a@1.2', former: 'a@1.1', reason: 'better' } });
  given(projectionDecider, []).when(rollback(), inUse('b-1')).idempotently().thenLike({ type: 'ProjectionRolledBack', data: { requestedBy: 'ops-lin', reason: 'worse' } });
  given(projectionDecider, []).when(retry(), retried('t-1')).idempotently().thenLike({ type: 'ParkedRetried', data: { key: 'k', resumed: 3 } });
  given(projectionDecider, []).when(skip(), skipped).idempotently().thenLike({ type: 'ParkedEventSkipped', data: { lane: 'KEY', eventId: 'e-1', reason: 'of no use' } });
  given(projectionDecider, []).when(skip(), skipped, retried('k-1')).idempotently().thenState(({ pending, ended, skipped: out }) => {
    expect([pending, ended.map(({ kind, error }) => [kind, error]), out]).toEqual([[], [['SKIP', null]], [{ lane: 'KEY', key: 'k', eventId: 'e-1' }]]);
  });
});

test.each<[string, ProjectionCommand[], Command]>([
  ['RebuildUnderWay', [rebuild()], rebuild('r-2', 'VERIFY')],
  ['RebuildUnderWay', [rebuild()], switchTo()],
  ['RebuildUnderWay', [switchTo()], rollback()],
  ['ReasonMissing', [], switchTo('s-1', '')],
  ['ReasonMissing', [], rollback('b-1', ' ')],
  ['ReasonMissing', [], skip('k-1', '')],
  ['RetryUnderWay', [retry()], retry('t-2')],
  ['RetryUnderWay', [skip()], skip('k-2')],
])('%s is refused', (rejection, before, command) => {
  given(projectionDecider, []).when(...before, command as ProjectionCommand).idempotently().then({ rejection });
});

test('parked events are taken up beside a rebuild, and other keys beside each other', () => {
  given(projectionDecider, []).when(rebuild(), retry()).thenLike({ type: 'ParkedRetryRequested' });
  given(projectionDecider, []).when(retry(), retry('t-2', 'other')).thenLike({ type: 'ParkedRetryRequested' });
});

test('what has ended frees the way, also by a failure, and is not ended again', () => {
  given(projectionDecider, []).when(rebuild(), failed('r-1')).idempotently().thenLike({ type: 'ProjectionOperationFailed', data: { error: 'disk full', requestedBy: 'ops-lin' } });
  given(projectionDecider, []).when(rebuild(), failed('r-1'), rebuilt()).thenNothing();
  given(projectionDecider, []).when(rebuild(), failed('r-1'), switchTo()).thenLike({ type: 'ProjectionSwitchRequested' });
  given(projectionDecider, []).when(failed('never')).thenNothing();
});
