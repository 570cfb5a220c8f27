// Our events as EventStoreDB keeps them, and back: data and metadata as JSON, causes under the names that its own tools know.
// recordedAt is the server's clock, unless the event brought one of its own from an older log.
import { isUtf8 } from 'node:buffer';
import type { RecordedEvent } from '@eventstore/db-client';
import { type EventMeta, type Instant, instantOf, type NewEvent, type Position, type Recorded } from '@app/kernel';
import { APPEND_BYTES_MAX, AppendTooLarge, type ExpectedRevision, foreignEvent } from '@app/runtime';
import { positionOf } from './eventstoredb.position';

/** One event on its way: JSON in UTF-8. */
export interface EncodedEvent {
  id: string;
  type: string;
  data: Buffer;
  metadata: Buffer;
}

export interface Encoded {
  events: readonly EncodedEvent[];
  /** Data, metadata and types. */
  bytes: number;
}

interface StoredMetadata extends Omit<EventMeta, 'correlationId' | 'causationId'> {
  version: number;
  $correlationId: string;
  $causationId?: string;
  /** Of events that come from another log. */
  recordedAt?: Instant;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Names that begin with $ are EventStoreDB's own: no subscription of ours would see them. */
const NAME = /^(?!\$)[^\p{Cc}\p{Cs}]{1,512}$/u;
/** What the embedded log writes around data and metadata; counted alike, so that both stores take the same appends. */
const WRAPPING_BYTES = '{"data":,"meta":}'.length;

/** Everything a caller can do wrong is found here, before anything is sent. */
export function encoded(stream: string, expected: ExpectedRevision, events: readonly (NewEvent & { recordedAt?: Instant })[], known: Set<string>): Encoded {
  if (!NAME.test(stream)) throw new TypeError(`Not a name for a stream: ${JSON.stringify(stream)}`);
  if (expected !== 'none' && !(Number.isSafeInteger(expected) && expected >= 0)) throw new TypeError(`Not a revision to expect of ${stream}: ${String(expected)}`);
  if (events.length === 0) throw new TypeError(`An append to ${stream} holds no events.`);
  let bytes = 0;
  let counted = 0;
  const list = events.map(event => {
    const { id, type, version, meta } = event;
    if (!UUID.test(id)) throw new TypeError(`The id of an event for ${stream} is not a UUID: ${id}`);
    if (!known.has(type)) {
      if (!NAME.test(type)) throw new TypeError(`Not a name for an event type: ${JSON.stringify(type)}`);
      known.add(type);
    }
    if (!Number.isSafeInteger(version)) throw new TypeError(`The version of ${type} for ${stream} is not a whole number: ${version}`);
    const data = Buffer.from(event.text ?? JSON.stringify(event.data) ?? 'null');
    const metadata = Buffer.from(JSON.stringify(storedMetadata(version, meta, event.recordedAt)));
    const size = Buffer.byteLength(type) + data.length;
    bytes += size + metadata.length;
    // Only what may be too large is counted as the embedded log counts.
    counted += size + metadata.length + WRAPPING_BYTES;
    return { id: id.toLowerCase(), type, data, metadata };
  });
  if (counted > APPEND_BYTES_MAX) {
    const exact = events.reduce((sum, { type, data, meta }) => sum + Buffer.byteLength(type) + Buffer.byteLength(JSON.stringify({ data, meta })), 0);
    if (exact > APPEND_BYTES_MAX) throw new AppendTooLarge(stream, exact, events.length);
  }
  return { events: list, bytes };
}

/** As a server sends it. */
export interface ServerEvent {
  id: string;
  type: string;
  stream: string;
  revision: number;
  position: Position;
  /** Unix time. */
  createdMs: number;
  isJson: boolean;
  /** Bytes where it is no JSON. */
  data: unknown;
  metadata: unknown;
}

/** Of an event as the client gives it. */
export function recordedOf({ streamId: stream, position, created, revision, ...event }: RecordedEvent): Recorded {
  if (position === undefined) throw new Error(`EventStoreDB gives no position for ${stream}@${revision}. Run 23.10 or newer; 24.6 was tried.`);
  return recordedFrom({ ...event, stream, revision: Number(revision), position: positionOf(position), createdMs: created.getTime() });
}

/** The event; one that somebody else wrote into our stream comes as a foreign one, so that it stops nobody who reads the log. */
export function recordedFrom(event: ServerEvent): Recorded {
  const metadata = event.metadata as Partial<StoredMetadata> | null | undefined;
  if (!event.isJson || !isOurs(metadata)) return foreign(event);
  const meta = {
    occurredAt: metadata.occurredAt,
    actor: metadata.actor,
    actorRole: metadata.actorRole,
    commandId: metadata.commandId,
    correlationId: metadata.$correlationId,
  } as EventMeta;
  if (metadata.$causationId !== undefined) meta.causationId = metadata.$causationId;
  return {
    id: event.id,
    type: event.type,
    version: metadata.version,
    data: event.data,
    meta,
    stream: event.stream,
    revision: event.revision,
    position: event.position,
    recordedAt: metadata.recordedAt ?? instantOfMs(event.createdMs),
  };
}

type OwnMetadata = Omit<StoredMetadata, '$causationId' | 'recordedAt'> & Partial<StoredMetadata>;

function isOurs(metadata: Partial<StoredMetadata> | null | undefined): metadata is OwnMetadata {
  return typeof metadata?.version === 'number' && metadata.version >= 1 && typeof metadata.occurredAt === 'string' && typeof metadata.commandId === 'string';
}

/** Data that is no JSON comes as text where it is text. */
function foreign({ id, type, stream, revision, position, createdMs, isJson, data: content }: ServerEvent): Recorded {
  const bytes = isJson ? undefined : Buffer.from(content as Uint8Array);
  const data = bytes === undefined ? content : isUtf8(bytes) ? bytes.toString() : { base64: bytes.toString('base64') };
  return foreignEvent({ id, type, data, stream, revision, position, recordedAt: instantOfMs(createdMs) });
}

function storedMetadata(version: number, meta: EventMeta, recordedAt: Instant | undefined): StoredMetadata {
  return {
    version,
    occurredAt: meta.occurredAt,
    actor: meta.actor,
    actorRole: meta.actorRole,
    commandId: meta.commandId,
    $correlationId: meta.correlationId,
    $causationId: meta.causationId,
    recordedAt,
  };
}

// Events of one write share their instant: the last one is remembered.
let lastMs = 0;
let lastInstant: Instant = instantOf(0);

function instantOfMs(ms: number): Instant {
  if (ms !== lastMs) {
    lastMs = ms;
    lastInstant = instantOf(ms);
  }
  return lastInstant;
}
