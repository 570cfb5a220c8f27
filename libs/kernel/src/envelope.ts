// An event as a store takes it and gives it back. Stores know nothing of the data inside.
// Everything that a store or a fold may rely on stands here, nothing of one engine does.
import type { Instant } from './instant';

/** Opaque, of fixed width for one store: equal or later positions compare >= as strings. */
export type Position = string;

export interface EventMeta {
  occurredAt: Instant;
  actor: string;
  actorRole: string;
  commandId: string;
  correlationId: string;
  causationId?: string;
}

export interface NewEvent {
  /** UUID, derived from the command's id and the place of the event in its batch. */
  id: string;
  type: string;
  /** Version of the shape of `data`, from 1. */
  version: number;
  data: unknown;
  /** `data` as JSON, where whoever made the event has it already: it is not made again to be stored. */
  text?: string;
  meta: EventMeta;
}

export interface Recorded<Data = unknown> extends NewEvent {
  data: Data;
  stream: string;
  /** Place in its stream; the first is 0. */
  revision: number;
  position: Position;
  recordedAt: Instant;
}

/** `order` of `order-TB.4711`: all before the first hyphen. */
export function categoryOf(stream: string): string {
  const hyphen = stream.indexOf('-');
  return hyphen < 0 ? stream : stream.slice(0, hyphen);
}
