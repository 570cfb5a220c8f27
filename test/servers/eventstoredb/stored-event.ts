// What the log holds: events with the bytes in which they are sent, made once, when an event is written.
// A frame is a whole ReadResp, so that a reader costs no more than copying bytes.
import { StreamIdentifier, UUID } from '@eventstore/db-client/generated/shared_pb';
import { ReadResp } from '@eventstore/db-client/generated/streams_pb';

/** Where an event lies in $all. Below 2^53, so plain numbers do. */
export interface LogPosition {
  commit: number;
  prepare: number;
}

/** An event as a client proposes it. */
export interface ProposedEvent {
  id: string;
  type: string;
  /** All of the protocol's own metadata: `type`, `content-type`. */
  metadata: readonly (readonly [string, string])[];
  custom: Uint8Array;
  data: Uint8Array;
}

export interface StoredEvent extends LogPosition {
  id: string;
  stream: StoredStream;
  type: string;
  /** Its number in its stream; Infinity for a tombstone. */
  revision: number;
  frame: Buffer;
}

export interface StoredStream {
  name: string;
  /** By revision: events[n] is event n. */
  events: StoredEvent[];
  /** Events below are gone for readers of the stream ($tb of its metadata); SOFT_DELETED once it is deleted. */
  truncateBefore: number;
  tombstoned: boolean;
}

/** $tb of a deleted stream: int64's greatest value, which a double holds only nearly. */
export const SOFT_DELETED = 2 ** 63;
const TOMBSTONE_REVISION = '9223372036854775807';
const TICKS_PER_MS = '0000';
const NONE = new Uint8Array(0);

export function comparePositions(left: LogPosition, right: LogPosition): number {
  return left.commit - right.commit || left.prepare - right.prepare;
}

/** A system event, or any event a test wants written beside a client. */
export function proposedJson(id: string, type: string, data: unknown): ProposedEvent {
  return { id, type, metadata: [['type', type], ['content-type', 'application/json']], custom: NONE, data: Buffer.from(JSON.stringify(data)) };
}

/** Bytes that count against the greatest append: as EventStoreDB reckons, two for each character of the type. */
export function sizeOf(event: ProposedEvent): number {
  return event.data.length + event.custom.length + event.type.length * 2;
}

export function streamId(name: string): StreamIdentifier {
  return new StreamIdentifier().setStreamName(Buffer.from(name).toString('base64'));
}

/** `createdMs`: Unix time in ms; the wire has ticks of 100 ns. */
export function frameOf(event: ProposedEvent, stream: string, revision: number, { commit, prepare }: LogPosition, createdMs: number): Buffer {
  const recorded = new ReadResp.ReadEvent.RecordedEvent()
    .setId(new UUID().setString(event.id))
    .setStreamIdentifier(streamId(stream))
    .setStreamRevision(revision === Infinity ? TOMBSTONE_REVISION : String(revision))
    .setCommitPosition(String(commit))
    .setPreparePosition(String(prepare))
    .setCustomMetadata(event.custom)
    .setData(event.data);
  const metadata = recorded.getMetadataMap();
  for (const [key, value] of event.metadata) metadata.set(key, value);
  metadata.set('created', `${createdMs}${TICKS_PER_MS}`);
  const readEvent = new ReadResp.ReadEvent().setEvent(recorded).setCommitPosition(String(commit));
  return Buffer.from(new ReadResp().setEvent(readEvent).serializeBinary());
}

/** The way back, for a log that is read from disk. */
export function eventOfFrame(frame: Buffer, streamNamed: (name: string) => StoredStream): StoredEvent {
  const recorded = ReadResp.deserializeBinary(frame).getEvent()!.getEvent()!;
  const revision = recorded.getStreamRevision();
  return {
    id: recorded.getId()!.getString(),
    stream: streamNamed(Buffer.from(recorded.getStreamIdentifier()!.getStreamName_asU8()).toString()),
    type: recorded.getMetadataMap().get('type') ?? '',
    revision: revision === TOMBSTONE_REVISION ? Infinity : Number(revision),
    commit: Number(recorded.getCommitPosition()),
    prepare: Number(recorded.getPreparePosition()),
    frame,
  };
}

/** Content of an event that is known to be JSON. */
export function jsonDataOf(event: StoredEvent): unknown {
  const recorded = ReadResp.deserializeBinary(event.frame).getEvent()!.getEvent()!;
  return JSON.parse(Buffer.from(recorded.getData_asU8()).toString());
}
