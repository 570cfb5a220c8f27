// A log in memory whose reads and appends wait for a scheduler of fast-check, so that a test tries their interleavings.
// It grants what the port promises of conflicts and of events that come again, and nothing else.
import type fc from 'fast-check';
import type { NewEvent, Recorded } from '@app/kernel';
import type { AppendResult, EventStore, ExpectedRevision } from '@app/runtime';
import { MemoryLog } from '@test/dsl';

export class ScheduledLog implements Pick<EventStore, 'append' | 'read' | 'origin' | 'end'> {
  readonly log = new MemoryLog();
  readonly origin = this.log.origin;
  private scheduler: fc.Scheduler | undefined;

  /** From now on every look and every append waits for its turn. */
  waitFor(scheduler: fc.Scheduler): void {
    this.scheduler = scheduler;
  }

  async read(stream: string, fromRevision = 0): Promise<readonly Recorded[]> {
    await this.turn('read');
    return this.log.read(stream, fromRevision);
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    await this.turn('append');
    const known = this.log.events.filter((event) => event.stream === stream);
    const first = events[0]!;
    const again = known.find(({ id }) => id === first.id);
    if (again === undefined) {
      const actual = known.at(-1)?.revision ?? 'none';
      if (actual !== expected) return { outcome: 'conflict', actual };
      this.log.append(...events.map(({ id, type, version, data, meta }) => ({ stream, id, type, version, data, occurredAt: meta.occurredAt, commandId: meta.commandId, actor: meta.actor })));
    }
    const last = this.log.events.find(({ id }) => id === events.at(-1)!.id)!;
    // The answer is under way for a while, too.
    await this.turn('answer');
    return { outcome: 'appended', revision: last.revision, position: last.position };
  }

  end(): Promise<string> {
    return this.log.end();
  }

  private async turn(what: string): Promise<void> {
    await this.scheduler?.schedule(Promise.resolve(), what);
  }
}

/** One turn at a time, each given only when every process waits for one: else whoever came first would always go first. */
export async function interleaved<T>(scheduler: fc.Scheduler, work: Promise<T>): Promise<T> {
  let done = false;
  const finished = work.finally(() => (done = true));
  while (!done) {
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
    if (scheduler.count() > 0) await scheduler.waitOne();
  }
  return finished;
}
