// The server-side filter of reads and subscriptions to $all: prefixes or a regular expression, on stream names or event types.
// Also says how often a subscription tells how far it has searched.
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb';
import { invalidArgument } from './refusals';
import type { StoredEvent } from './stored-event';

const SEARCH_WINDOW_DEFAULT = 32;

export interface EventFilter {
  matches(event: StoredEvent): boolean;
  /** Events without a match between two checkpoints. */
  checkpointEvery: number;
}

export const NO_FILTER: EventFilter = { matches: () => true, checkpointEvery: Infinity };

/** Throws the refusal of a pattern that is none. */
export function filterOf(options: ReadReq.Options.FilterOptions): EventFilter {
  const onStream = options.getStreamIdentifier();
  const expression = onStream ?? options.getEventType();
  const text = onStream === undefined ? (event: StoredEvent) => event.type : (event: StoredEvent) => event.stream.name;
  const regex = expression?.getRegex() ?? '';
  const prefixes = expression?.getPrefixList() ?? [];
  const window = options.hasMax() ? options.getMax() : SEARCH_WINDOW_DEFAULT;
  const checkpointEvery = window * Math.max(1, options.getCheckpointintervalmultiplier());
  if (regex === '') return { matches: (event) => prefixes.some((prefix) => text(event).startsWith(prefix)), checkpointEvery };
  try {
    const pattern = new RegExp(regex);
    return { matches: (event) => pattern.test(text(event)), checkpointEvery };
  } catch {
    throw invalidArgument(`Invalid regex '${regex}'`);
  }
}
