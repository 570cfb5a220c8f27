// The pure shape of a process manager: it looks at events and rows, and answers with commands.
// Its timers are rows of its private projection `todo`; the ids of its commands derive from what caused them.
import type { Recorded } from './envelope';
import type { Instant } from './instant';
import type { Projection } from './projection';

/** A command for a stream, not yet given an id: the runtime derives that from the cause and the place in the answer. */
export interface Intent {
  stream: string;
  command: { type: string } & Record<string, unknown>;
}

export interface Policy<Todo = unknown> {
  readonly name: string;
  readonly todo: Projection<Todo>;
  /** Commands due at once because of the event; `row` is the todo after it. */
  react(event: Recorded, row: Todo | undefined): readonly Intent[];
  /** When the row must be looked at again, undefined for never. */
  dueAt(row: Todo): Instant | undefined;
  /** Commands due because `dueAt` has come. Given again (after a crash) they must be recognised as the same: `occasion` names them. */
  due(row: Todo, now: Instant): readonly (Intent & { occasion: string })[];
}
