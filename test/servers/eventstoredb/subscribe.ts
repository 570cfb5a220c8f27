// Subscriptions to $all (filtered or not) and to a stream, from a place exclusive: confirmation, events, caughtUp once at the end, then live.
// A filtered one tells checkpoints only where nothing matched for as long as asked, as a real server was seen to do.
import { randomUUID } from 'node:crypto';
import { ReadResp, type ReadReq } from '@eventstore/db-client/generated/streams_pb';
import type { EventFilter } from './event-filter';
import { streamDeleted } from './refusals';
import { drained, type EventCall } from './sending';
import type { Serving } from './serving';
import type { LogPosition, StoredEvent } from './stored-event';

const CAUGHT_UP = frame(new ReadResp().setCaughtUp(new ReadResp.CaughtUp()));
/** Events searched before other callers get their turn. */
const TURN_EVENTS = 512;

/** Stays until the caller is gone. */
export async function subscribe(serving: Serving, call: EventCall, options: ReadReq.Options, filter: EventFilter): Promise<void> {
  const { events, from } = source(serving, options);
  call.write(frame(new ReadResp().setConfirmation(new ReadResp.SubscriptionConfirmation().setSubscriptionId(randomUUID()))));
  const written = new Signal();
  const stop = serving.log.onWritten(() => written.raise());
  for (const gone of ['cancelled', 'close', 'error']) call.on(gone, () => written.raise());
  try {
    let next = from();
    let caughtUp = false;
    let unmatched = 0;
    while (isOpen(call)) {
      const list = events();
      const shown = serving.log.shown(list);
      for (let searched = 1; next < shown && isOpen(call); next += 1, searched += 1) {
        const event = list[next]!;
        if (filter.matches(event)) {
          unmatched = 0;
          if (!(await send(serving, call, event))) return;
        } else if ((unmatched += 1) >= filter.checkpointEvery) {
          unmatched = 0;
          if (!call.write(checkpoint(event))) await drained(call);
        }
        if (searched % TURN_EVENTS === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      if (next < serving.log.shown(events())) continue;
      if (!caughtUp) call.write(CAUGHT_UP);
      caughtUp = true;
      await written.next();
      await (serving.faults.held ?? serving.faults.readDelay());
    }
  } finally {
    stop();
  }
}

/** What is followed, and the index of the first event to send. */
function source({ log }: Serving, options: ReadReq.Options): { events: () => readonly StoredEvent[]; from: () => number } {
  const stream = options.getStream();
  if (stream === undefined) {
    const all = options.getAll()!;
    const after = all.getPosition();
    const from = after === undefined ? (all.hasEnd() ? log.shown(log.all) : 0) : log.indexAt({ commit: Number(after.getCommitPosition()), prepare: Number(after.getPreparePosition()) }, false);
    return { events: () => log.all, from: () => from };
  }
  const name = Buffer.from(stream.getStreamIdentifier()!.getStreamName_asU8()).toString();
  if (log.stream(name)?.tombstoned === true) throw streamDeleted(name);
  const events = (): readonly StoredEvent[] => log.stream(name)?.events ?? [];
  const from = stream.hasStart() ? 0 : stream.hasEnd() ? log.shown(events()) : Number(stream.getRevision()) + 1;
  return { events, from: () => Math.max(from, Math.min(log.stream(name)?.truncateBefore ?? 0, events().length)) };
}

/** False when the connection is cut instead. */
async function send(serving: Serving, call: EventCall, event: StoredEvent): Promise<boolean> {
  if (serving.faults.held !== undefined) await serving.faults.held;
  if (serving.faults.cutsBeforeEvent()) {
    serving.cut();
    return false;
  }
  if (serving.faults.duplicatingEvents) call.write(event.frame);
  if (!call.write(event.frame)) await drained(call);
  return true;
}

function isOpen(call: EventCall): boolean {
  return !call.cancelled && call.writable;
}

function checkpoint({ commit, prepare }: LogPosition): Buffer {
  return frame(new ReadResp().setCheckpoint(new ReadResp.Checkpoint().setCommitPosition(String(commit)).setPreparePosition(String(prepare))));
}

function frame(response: ReadResp): Buffer {
  return Buffer.from(response.serializeBinary());
}

/** Remembers that it was raised, so that nothing written between a look and the waiting is missed. */
class Signal {
  private raised = false;
  private waiting: (() => void) | undefined;

  raise(): void {
    this.raised = true;
    this.waiting?.();
    this.waiting = undefined;
  }

  async next(): Promise<void> {
    if (!this.raised) await new Promise<void>((resolve) => (this.waiting = resolve));
    this.raised = false;
  }
}
