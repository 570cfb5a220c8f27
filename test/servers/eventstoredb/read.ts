// Reads of a stream or of $all, forwards and backwards; and the way into a subscription. From a place inclusive, but $all backwards exclusive.
// Sends what is stored byte by byte and never runs ahead of the reader.
import type { ServerWritableStream } from '@grpc/grpc-js';
import { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb';
import { filterOf, NO_FILTER, type EventFilter } from './event-filter';
import { streamDeleted } from './refusals';
import { sendEvents, type EventCall } from './sending';
import type { Serving } from './serving';
import { SOFT_DELETED, streamId, type StoredEvent } from './stored-event';
import { subscribe } from './subscribe';

type Options = ReadReq.Options;

export function readHandler(serving: Serving) {
  return (call: ServerWritableStream<ReadReq, Buffer>): void => {
    call.on('error', () => undefined);
    void answered(serving, call, call.request.getOptions()!).catch((error: unknown) => call.emit('error', error));
  };
}

async function answered(serving: Serving, call: EventCall, options: Options): Promise<void> {
  if (serving.faults.held !== undefined) await serving.faults.held;
  const refused = serving.refusesRead(call.metadata);
  if (refused !== undefined) throw refused;
  const filter = options.getFilter();
  const selected = filter === undefined ? NO_FILTER : filterOf(filter);
  const stream = options.getStream();
  if (options.hasSubscription()) return subscribe(serving, call, options, selected);
  const delay = serving.faults.readDelay();
  if (delay !== undefined) await delay;
  if (stream === undefined) await readAll(serving, call, options, selected);
  else await readStream(serving, call, options, stream);
  call.end();
}

async function readStream(serving: Serving, call: EventCall, options: Options, asked: ReadReq.Options.StreamOptions): Promise<void> {
  const name = Buffer.from(asked.getStreamIdentifier()!.getStreamName_asU8()).toString();
  const stream = serving.log.stream(name);
  if (stream?.tombstoned === true) throw streamDeleted(name);
  const count = stream === undefined ? 0 : serving.log.shown(stream.events);
  if (stream === undefined || count === 0 || stream.truncateBefore === SOFT_DELETED) {
    call.write(Buffer.from(new ReadResp().setStreamNotFound(new ReadResp.StreamNotFound().setStreamIdentifier(streamId(name))).serializeBinary()));
    return;
  }
  const { events, truncateBefore } = stream;
  if (options.getReadDirection() === ReadReq.Options.ReadDirection.FORWARDS) {
    const from = asked.hasEnd() ? count : asked.hasStart() ? 0 : Number(asked.getRevision());
    await sendEvents(serving, call, forwards(events, Math.max(from, truncateBefore), count, NO_FILTER, countOf(options)));
  } else {
    const from = asked.hasStart() ? 0 : asked.hasEnd() ? count - 1 : Number(asked.getRevision());
    await sendEvents(serving, call, backwards(events, Math.min(from, count - 1), truncateBefore, NO_FILTER, countOf(options)));
  }
}

async function readAll(serving: Serving, call: EventCall, options: Options, filter: EventFilter): Promise<void> {
  const asked = options.getAll()!;
  const { log } = serving;
  const count = log.shown(log.all);
  const given = asked.getPosition();
  const position = given === undefined ? undefined : { commit: Number(given.getCommitPosition()), prepare: Number(given.getPreparePosition()) };
  if (options.getReadDirection() === ReadReq.Options.ReadDirection.FORWARDS) {
    const from = position === undefined ? (asked.hasEnd() ? count : 0) : log.indexAt(position, true);
    await sendEvents(serving, call, forwards(log.all, from, count, filter, countOf(options)));
  } else {
    // Backwards a position of $all is that behind a record, so the event that lies there is not read.
    const from = position === undefined ? (asked.hasEnd() ? count - 1 : -1) : log.indexAt(position, true) - 1;
    await sendEvents(serving, call, backwards(log.all, Math.min(from, count - 1), 0, filter, countOf(options)));
  }
}

function countOf(options: Options): number {
  return options.hasCount() ? Number(options.getCount()) : Infinity;
}

/** Up to what there is when the read begins: a read ends, whoever writes meanwhile. */
function* forwards(events: readonly StoredEvent[], from: number, end: number, filter: EventFilter, count: number): Generator<StoredEvent> {
  for (let at = from, left = count; at < end && left > 0; at += 1) {
    const event = events[at]!;
    if (!filter.matches(event)) continue;
    left -= 1;
    yield event;
  }
}

function* backwards(events: readonly StoredEvent[], from: number, downTo: number, filter: EventFilter, count: number): Generator<StoredEvent> {
  for (let at = from, left = count; at >= downTo && left > 0; at -= 1) {
    const event = events[at]!;
    if (!filter.matches(event)) continue;
    left -= 1;
    yield event;
  }
}
