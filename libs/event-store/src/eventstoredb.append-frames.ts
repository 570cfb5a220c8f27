// Appends and their answers as the bytes that EventStoreDB's batch append speaks: a fraction of what the generated messages cost.
// What seldom comes, an answer that is no success, is left to those.
import { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb';
import type { ExpectedRevision } from '@app/runtime';
import type { EncodedEvent } from './eventstoredb.event-data';
import { Message } from './eventstoredb.frames';
import { positionOfTexts } from './eventstoredb.position';

export interface AppendRequest {
  /** Of the attempt: its answer bears it. */
  id: string;
  stream: string;
  expected: ExpectedRevision;
  events: readonly EncodedEvent[];
  /** Unix time after which the server need not begin. */
  deadlineMs: number;
}

export interface AppendAnswer {
  id: string;
  /** `position` is undefined where the server does not tell it. */
  result: { revision: number; position: string | undefined } | BatchAppendResp;
}

/** Of a field that is a message, bytes or a text; of one that is a number. */
const bytesField = (field: number): number => (field << 3) | 2;
const numberField = (field: number): number => field << 3;
const REQUEST = { id: bytesField(1), options: bytesField(2), event: bytesField(3), isFinal: numberField(4) } as const;
const UUID_TEXT = bytesField(2);
const OPTIONS = { stream: bytesField(1), revision: numberField(2), noStream: bytesField(3), deadline: bytesField(6) } as const;
const STREAM_NAME = bytesField(3);
const TIMESTAMP = { seconds: numberField(1), nanos: numberField(2) } as const;
const EVENT = { id: bytesField(1), property: bytesField(2), metadata: bytesField(3), data: bytesField(4) } as const;
const PROPERTY = { key: bytesField(1), value: bytesField(2) } as const;
const ANSWER = { id: 1, success: 3 } as const;
const SUCCESS = { revision: 1, position: 3 } as const;
const PLACE = { commit: 1, prepare: 2 } as const;
const UUID_FIELD = 2;

/** A UUID as text in a message of its own. */
const UUID_BYTES = 36;
const UUID_MESSAGE_BYTES = 2 + UUID_BYTES;
const NANOS_PER_MS = 1_000_000;
const GROUP = 0x80;

/** By type, of which there are few. */
const typeProperties = new Map<string, Buffer>();

export function appendFrame({ id, stream, expected, events, deadlineMs }: AppendRequest): Buffer {
  const name = Buffer.byteLength(stream);
  const named = sized(name);
  const seconds = Math.floor(deadlineMs / 1000);
  const nanos = (deadlineMs % 1000) * NANOS_PER_MS;
  const deadline = 2 + numberBytes(seconds) + numberBytes(nanos);
  const options = sized(named) + (expected === 'none' ? 2 : 1 + numberBytes(expected)) + sized(deadline);
  const proposed = events.map(eventBytes);
  const frame = new FrameWriter(sized(UUID_MESSAGE_BYTES) + sized(options) + proposed.reduce((sum, bytes) => sum + sized(bytes), 0) + 2);
  frame.uuid(REQUEST.id, id);
  frame.begin(REQUEST.options, options);
  frame.begin(OPTIONS.stream, named);
  frame.text(STREAM_NAME, stream, name);
  if (expected === 'none') frame.begin(OPTIONS.noStream, 0);
  else frame.number(OPTIONS.revision, expected);
  frame.begin(OPTIONS.deadline, deadline);
  frame.number(TIMESTAMP.seconds, seconds);
  frame.number(TIMESTAMP.nanos, nanos);
  for (const [at, event] of events.entries()) {
    frame.begin(REQUEST.event, proposed[at]!);
    frame.uuid(EVENT.id, event.id);
    frame.bytes(EVENT.property, typeProperty(event.type));
    frame.bytes(EVENT.property, JSON_PROPERTY);
    frame.bytes(EVENT.metadata, event.metadata);
    frame.bytes(EVENT.data, event.data);
  }
  frame.number(REQUEST.isFinal, 1);
  return frame.whole();
}

/** Throws a RangeError for bytes that are no message. */
export function answerOf(bytes: Buffer): AppendAnswer {
  const message = new Message(bytes, 0, bytes.length);
  let id = '';
  let result: AppendAnswer['result'] | undefined;
  while (message.next()) {
    if (message.field === ANSWER.id) id = message.inner().text(UUID_FIELD);
    else if (message.field === ANSWER.success) result = successOf(message.inner());
  }
  return { id, result: result ?? BatchAppendResp.deserializeBinary(new Uint8Array(bytes)) };
}

function successOf(message: Message): { revision: number; position: string | undefined } {
  let revision = 0;
  let position: string | undefined;
  while (message.next()) {
    if (message.field === SUCCESS.revision) revision = Number(message.digits());
    else if (message.field === SUCCESS.position) position = placeOf(message.inner());
  }
  return { revision, position };
}

function placeOf(message: Message): string {
  let [commit, prepare] = ['0', '0'];
  while (message.next()) {
    if (message.field === PLACE.commit) commit = message.digits();
    else if (message.field === PLACE.prepare) prepare = message.digits();
  }
  return positionOfTexts(commit, prepare);
}

function eventBytes({ type, metadata, data }: EncodedEvent): number {
  return sized(UUID_MESSAGE_BYTES) + sized(typeProperty(type).length) + sized(JSON_PROPERTY.length) + sized(metadata.length) + sized(data.length);
}

function typeProperty(type: string): Buffer {
  let property = typeProperties.get(type);
  if (property === undefined) typeProperties.set(type, (property = propertyOf('type', type)));
  return property;
}

function propertyOf(key: string, value: string): Buffer {
  const [keyBytes, valueBytes] = [Buffer.byteLength(key), Buffer.byteLength(value)];
  const frame = new FrameWriter(sized(keyBytes) + sized(valueBytes));
  frame.text(PROPERTY.key, key, keyBytes);
  frame.text(PROPERTY.value, value, valueBytes);
  return frame.whole();
}

/** Bytes of a field that holds so many, with its tag and its length. */
function sized(bytes: number): number {
  return 1 + numberBytes(bytes) + bytes;
}

function numberBytes(value: number): number {
  let count = 1;
  for (let rest = value; rest >= GROUP; rest = Math.floor(rest / GROUP)) count += 1;
  return count;
}

/** Writes fields one after the other into as many bytes as they take. */
class FrameWriter {
  private readonly buffer: Buffer;
  private at = 0;

  constructor(bytes: number) {
    this.buffer = Buffer.allocUnsafe(bytes);
  }

  /** So many bytes of it follow. */
  begin(tag: number, bytes: number): void {
    this.number(tag, bytes);
  }

  number(tag: number, value: number): void {
    this.buffer[this.at++] = tag;
    let rest = value;
    for (; rest >= GROUP; rest = Math.floor(rest / GROUP)) this.buffer[this.at++] = (rest % GROUP) + GROUP;
    this.buffer[this.at++] = rest;
  }

  uuid(tag: number, id: string): void {
    this.begin(tag, UUID_MESSAGE_BYTES);
    this.text(UUID_TEXT, id, UUID_BYTES);
  }

  text(tag: number, text: string, bytes: number): void {
    this.begin(tag, bytes);
    if (this.buffer.write(text, this.at) !== bytes) throw new RangeError(`Not ${bytes} bytes of text: ${text}`);
    this.at += bytes;
  }

  bytes(tag: number, bytes: Buffer): void {
    this.begin(tag, bytes.length);
    bytes.copy(this.buffer, this.at);
    this.at += bytes.length;
  }

  whole(): Buffer {
    if (this.at !== this.buffer.length) throw new RangeError(`A message of ${this.buffer.length} bytes has ${this.at}.`);
    return this.buffer;
  }
}

const JSON_PROPERTY = propertyOf('content-type', 'application/json');
