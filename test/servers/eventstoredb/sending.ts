// Sends events to a reader no faster than it takes them, and cuts the connection where a fault says so.
// A reader that is gone ends the sending; nobody waits for it.
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb';
import type { Serving } from './serving';
import type { StoredEvent } from './stored-event';

/** A read or a subscription; what is written to it are serialised responses. */
export type EventCall = ServerWritableStream<ReadReq, Buffer>;

/** Events sent before other callers get their turn. */
const TURN_EVENTS = 512;

export async function sendEvents(serving: Serving, call: EventCall, events: Iterable<StoredEvent>): Promise<void> {
  let sent = 0;
  for (const event of events) {
    if (serving.faults.held !== undefined) await serving.faults.held;
    if (call.cancelled) return;
    if (serving.faults.cutsBeforeEvent()) return serving.cut();
    if (!call.write(event.frame)) await drained(call);
    else if ((sent += 1) % TURN_EVENTS === 0) await nextTurn();
  }
}

/** Resolves when more can be written, or when nobody reads any more. */
export function drained(call: EventCall): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      call.off('drain', done).off('cancelled', done).off('close', done).off('error', done);
      resolve();
    };
    call.on('drain', done).on('cancelled', done).on('close', done).on('error', done);
  });
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
