// What the server sends to a reader, taken straight from its bytes: a fraction of what the generated messages cost, which make objects
// of everything. Of an event nobody wants no more is read than where it stands.
import type { Position } from '@app/kernel';
import type { ServerEvent } from './eventstoredb.event-data';
import { positionOfTexts } from './eventstoredb.position';

/** One message: `other` is what a subscription tells beside its events, such as that it has begun. */
export type Frame = { event: EventFrame } | { checkpoint: Position } | { caughtUp: boolean } | { other: true };

/** Undefined position: the server gives none, and the event stands before everything. */
export interface EventFrame {
  stream: string;
  type: string;
  position: Position | undefined;
  /** On the wire. */
  bytes: number;
  /** Its content, parsed now. Data that should be JSON and is not comes as text. */
  content(position: Position): ServerEvent;
}

const RESPONSE = { event: 1, checkpoint: 3, caughtUp: 8, fellBehind: 9 } as const;
const READ_EVENT = { event: 1 } as const;
const RECORDED = { id: 1, stream: 2, revision: 3, prepare: 4, commit: 5, properties: 6, metadata: 7, data: 8 } as const;
const UUID_TEXT = 2;
const STREAM_NAME = 3;
const CHECKPOINT = { commit: 1, prepare: 2 } as const;
const ENTRY = { key: 1, value: 2 } as const;

const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
/** So many groups of seven bits a plain number holds. */
const PLAIN_GROUPS = 7;
const TICKS_PER_MS = 10_000;
const NOTHING: Buffer = Buffer.alloc(0);

/** Throws a RangeError for bytes that are no message. */
export function frameOf(bytes: Buffer): Frame {
  const message = new Message(bytes, 0, bytes.length);
  while (message.next()) {
    switch (message.field) {
      case RESPONSE.event:
        return eventFrame(message.inner(), bytes.length);
      case RESPONSE.checkpoint:
        return { checkpoint: checkpointOf(message.inner()) };
      case RESPONSE.caughtUp:
        return { caughtUp: true };
      case RESPONSE.fellBehind:
        return { caughtUp: false };
    }
  }
  return { other: true };
}

function checkpointOf(message: Message): Position {
  let [commit, prepare] = ['0', '0'];
  while (message.next()) {
    if (message.field === CHECKPOINT.commit) commit = message.digits();
    else if (message.field === CHECKPOINT.prepare) prepare = message.digits();
  }
  return positionOfTexts(commit, prepare);
}

function eventFrame(message: Message, bytes: number): Frame {
  while (message.next()) if (message.field === READ_EVENT.event) return { event: recordedFrame(message.inner(), bytes) };
  return { other: true };
}

function recordedFrame(message: Message, bytes: number): EventFrame {
  let [id, stream, revision] = ['', '', '0'];
  let [commit, prepare]: (string | undefined)[] = [];
  const properties = new Map<string, string>();
  let [metadata, data] = [NOTHING, NOTHING];
  while (message.next()) {
    switch (message.field) {
      case RECORDED.id:
        id = message.inner().text(UUID_TEXT);
        break;
      case RECORDED.stream:
        stream = message.inner().text(STREAM_NAME);
        break;
      case RECORDED.revision:
        revision = message.digits();
        break;
      case RECORDED.prepare:
        prepare = message.digits();
        break;
      case RECORDED.commit:
        commit = message.digits();
        break;
      case RECORDED.properties:
        addProperty(properties, message.inner());
        break;
      case RECORDED.metadata:
        metadata = message.bytes();
        break;
      case RECORDED.data:
        data = message.bytes();
        break;
    }
  }
  const type = properties.get('type') ?? '';
  return {
    stream,
    type,
    bytes,
    position: commit === undefined || prepare === undefined ? undefined : positionOfTexts(commit, prepare),
    content(position) {
      const isJson = properties.get('content-type') === 'application/json';
      const createdMs = Math.floor(Number(properties.get('created') ?? '0') / TICKS_PER_MS);
      return { id, type, stream, revision: Number(revision), position, createdMs, isJson, data: isJson ? parsed(data) : data, metadata: metadata.length === 0 ? undefined : parsed(metadata) };
    },
  };
}

function addProperty(properties: Map<string, string>, entry: Message): void {
  let [key, value] = ['', ''];
  while (entry.next()) {
    if (entry.field === ENTRY.key) key = entry.string();
    else if (entry.field === ENTRY.value) value = entry.string();
  }
  properties.set(key, value);
}

function parsed(bytes: Buffer): unknown {
  const text = bytes.toString();
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** A message of protobuf, or one inside another, field by field. What of a field is not taken is passed over. */
export class Message {
  field = 0;
  private wire = 0;
  private taken = true;

  constructor(
    private readonly buffer: Buffer,
    private at: number,
    private readonly end: number,
  ) {}

  /** False at the end. */
  next(): boolean {
    if (!this.taken) this.skip();
    if (this.at >= this.end) return false;
    const tag = this.varint();
    this.field = tag >>> 3;
    this.wire = tag & 7;
    this.taken = false;
    return true;
  }

  inner(): Message {
    const begin = this.piece();
    return new Message(this.buffer, begin, this.at);
  }

  /** A view: it is good as long as the message is. */
  bytes(): Buffer {
    const begin = this.piece();
    return this.buffer.subarray(begin, this.at);
  }

  string(): string {
    const begin = this.piece();
    return this.buffer.toString('utf8', begin, this.at);
  }

  /** The text of one field, empty where it is not there. */
  text(field: number): string {
    while (this.next()) if (this.field === field) return this.string();
    return '';
  }

  /** A number without sign as decimal text: it may be larger than a plain number holds. */
  digits(): string {
    this.taken = true;
    for (let i = this.at; i < this.at + PLAIN_GROUPS; i++) if (this.byteAt(i) < 0x80) return String(this.varint());
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byteAt(this.at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value).toString();
    }
  }

  private piece(): number {
    this.taken = true;
    const length = this.varint();
    const begin = this.at;
    this.at += length;
    if (this.at > this.end) throw new RangeError('A message of EventStoreDB is cut off.');
    return begin;
  }

  /** Exact as far as a plain number goes. */
  private varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.byteAt(this.at++);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  private byteAt(at: number): number {
    const byte = this.buffer[at];
    if (byte === undefined) throw new RangeError('A message of EventStoreDB is cut off.');
    return byte;
  }

  private skip(): void {
    this.taken = true;
    if (this.wire === WIRE.varint) this.varint();
    else if (this.wire === WIRE.bytes) this.piece();
    else if (this.wire === WIRE.fixed64) this.at += 8;
    else if (this.wire === WIRE.fixed32) this.at += 4;
    else throw new RangeError(`A message of EventStoreDB has a field of kind ${this.wire}.`);
  }
}
