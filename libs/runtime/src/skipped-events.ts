// Events that somebody has decided to leave out of the rows of one projection, as the log records it.
// Every table of the projection asks here, so that whatever is built anew leaves out the same.
import type { EventReader } from './ports/event-store';
import { operationsStream, type ProjectionEvent, type SkippedEvent } from './operations/projection.events';
import type { ParkedLane } from './parking';

type Lane = Pick<ParkedLane, 'kind' | 'key'>;

export class SkippedEvents {
  private readonly lanes = new Map<string, Lane[]>();

  /** Everything that is recorded for the projection so far. */
  static async read(log: Pick<EventReader, 'read'>, projection: string): Promise<SkippedEvents> {
    const skipped = new SkippedEvents();
    for (const { type, data } of await log.read(operationsStream(projection))) {
      if ((type as ProjectionEvent['type']) === 'ParkedEventSkipped') skipped.add(data as SkippedEvent);
    }
    return skipped;
  }

  add({ lane, key, eventId }: SkippedEvent): void {
    const kind = lane === 'KEY' ? 'key' : 'stream';
    if (!this.has(eventId, { kind, key })) this.lanes.set(eventId, [...this.of(eventId), { kind, key }]);
  }

  /** Where the event is left out; nearly always nowhere. */
  of(eventId: string): readonly Lane[] {
    return this.lanes.get(eventId) ?? [];
  }

  has(eventId: string, { kind, key }: Lane): boolean {
    return this.of(eventId).some(lane => lane.kind === kind && lane.key === key);
  }

  /** Lanes that may still hold what was skipped, in tables that parked it before. */
  all(): readonly Lane[] {
    return [...this.lanes.values()].flat();
  }
}
