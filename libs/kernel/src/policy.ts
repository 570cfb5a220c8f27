// The pure shape of a process manager: it looks at events and rows, and answers with commands.
// Its timers are rows of its private projection `todo`; the ids of its commands derive from what caused them.
import type { Recorded } from './envelope';
import type { Instant } from './instant';
import type { Projection } from './projection';

/** A command for a stream, not yet given id, actor and instant: the runtime derives the id from the cause and the place in the answer. */
export interface Intent {
  stream: string;
  command: { type: string } & Record<string, unknown>;
}

/** Rows that matter now although nothing touches them, however many they are: those whose field equals the value. */
export interface Visit {
  /** First field of an index of the todo. */
  field: string;
  value: string;
  /** What `visited` is told. */
  purpose: string;
}

export interface Policy<Todo = unknown> {
  readonly name: string;
  /** Private rows, always folded in the order of the log. Their rebuild (a raised version) sends nothing. */
  readonly todo: Projection<Todo>;
  /** Its commands are given one after the other, each when the one before is done: where a decision rests on what the one before has changed. */
  readonly oneByOne?: boolean;
  /** Commands due at once because of the event: asked for each row that it touches, after its fold, or once without a row when it touches none. */
  react(event: Recorded, row: Todo | undefined): readonly Intent[];
  /** Rows that the event matters to without touching them. They are visited as they were before the event, once `react` was answered. */
  visits?(event: Recorded): readonly Visit[];
  /** When the row must be looked at, undefined for never. The same instant rings once; another one rings again. */
  dueAt(row: Todo): Instant | undefined;
  /** Commands due because `dueAt` has come, and rows to visit. Given again (after a crash) they must be recognised as the same: `occasion` names them. */
  due(row: Todo, now: Instant): readonly ((Intent | Visit) & { occasion: string })[];
  /** Commands due because the row is visited. */
  visited?(row: Todo, purpose: string): readonly Intent[];
}
