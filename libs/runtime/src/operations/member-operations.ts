// What the log asks of projections, done to the rows of one runner. Asked again after a kill it goes on where it was,
// and of what was done whole it answers the outcome.
import type { LivePointer } from '../live-tables';
import type { ParkedLane } from '../parking';
import type { Member } from '../projection-member';
import type { RebuildResult, Rebuilds } from '../rebuild';
import { OperationRefused, type RebuildJob } from '../rebuild-job';
import type { Operation } from './projection.decider';
import type { RebuildMode } from './projection.events';
import type { OperatedRows } from './run-operations';

interface MemberOperationsDeps {
  rebuilds: Rebuilds;
  member: (name: string) => Member;
  build(job: RebuildJob): Promise<Record<string, RebuildResult>>;
  /** Tries again after a fault. */
  buildUntilDone(job: RebuildJob): Promise<Record<string, RebuildResult>>;
  retry(name: string, key: string): Promise<{ resumed: number }>;
}

const USE_OF = { SWITCH: 'switch', KEEP: 'keep', VERIFY: 'verify' } as const satisfies Record<RebuildMode, RebuildJob['mode']>;

export class MemberOperations implements OperatedRows {
  constructor(private readonly deps: MemberOperationsDeps) {}

  lacks(name: string): string | undefined {
    const { table, lacks } = this.deps.member(name);
    return table === undefined ? lacks : undefined;
  }

  async rebuild(mode: RebuildMode, operations: ReadonlyMap<string, Operation>): Promise<Record<string, RebuildResult>> {
    const { rebuilds, member } = this.deps;
    const results: Record<string, RebuildResult> = {};
    const ids: Record<string, string> = {};
    for (const [name, { operationId }] of operations) {
      const left = await rebuilds.outcomeOf(member(name), operationId);
      if (left?.result != null) results[name] = left.result;
      else ids[name] = operationId;
    }
    const saved = await rebuilds.savedFor(Object.values(ids));
    const names = saved === undefined ? Object.keys(ids) : saved.tables.map(({ projection }) => projection);
    if (names.length === 0) return results;
    const [{ requestedBy: by, reason }] = [...operations.values()] as [Operation];
    const job: RebuildJob = { members: names.map(member), by, reason, mode: USE_OF[mode], operations: ids, ...(saved === undefined ? {} : { saved }) };
    // Without rows nothing can be asked of the projection: that is not given up.
    const isLacking = mode === 'SWITCH' && job.members.some(({ table }) => table === undefined);
    return { ...(await (isLacking ? this.deps.buildUntilDone(job) : this.deps.build(job))), ...results };
  }

  async exchange(name: string, which: 'switch' | 'rollback', operationId: string): Promise<LivePointer> {
    const { rebuilds, member } = this.deps;
    return (await rebuilds.outcomeOf(member(name), operationId))?.pointer ?? rebuilds.exchange(member(name), which, operationId);
  }

  retry(name: string, key: string): Promise<{ resumed: number }> {
    return this.deps.retry(name, key);
  }

  async skip(name: string, key: string, eventId: string, record: (lane: ParkedLane) => Promise<void>): Promise<void> {
    const member = this.deps.member(name);
    await member.exclusively(async () => {
      await member.table?.recover();
      const lane = await member.table?.parkedUnder(key);
      if (lane === undefined) throw new OperationRefused('NothingParked', `Nothing of ${name} is parked under ${key}.`);
      if (lane.eventId !== eventId) throw new OperationRefused('ParkedEventMoved', `Under ${key} of ${name} the event ${lane.eventId} waits first by now, not ${eventId}. Look at it before you skip it.`);
      await record(lane);
      member.skipped.add({ lane: lane.kind === 'key' ? 'KEY' : 'STREAM', key: lane.key, eventId });
    });
  }
}
