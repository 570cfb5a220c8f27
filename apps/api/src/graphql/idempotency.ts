// A mutation sent twice with one Idempotency-Key is executed once and answered alike, also after a restart.
// The names of its events are storage format: never rename one.
//
// How: each (sub, key) has a small stream of its own. It is claimed with a hash of the whole mutation (names and values
// of its root fields, not the selection) before anything is executed, so the same key with another content is known at
// once, whatever it is about. Command ids derive from sub, key, content and field: should the process die between the
// command and the record of its answer, the order's stream recognises the command when it is sent again. The answer that
// is kept holds positions and revisions only, no personal data; what the client selects is folded from the stream up to
// that revision, so it is the first answer even when the order has moved on. A refusal gives the key back. A fault keeps
// it: whether the command was written is not known, and only the same content may find out.
import { createHash } from 'node:crypto';
import { type FieldNode, type GraphQLResolveInfo, getArgumentValues, Kind, type SelectionSetNode } from 'graphql';
import type { Caller } from '../access/caller';
import { type Clock, type EventStore, type ExpectedRevision, type Randomness, uuidOf } from '@app/runtime';
import { badInput, conflict, isRefusal, unavailable } from '../rejection.presenter';
import type { RequestContext } from './request-context';

type Answer = Readonly<Record<string, unknown>>;
type KeyEvent =
  | { type: 'KeyClaimed'; data: { content: string } }
  | { type: 'KeyAnswered'; data: { field: string; answer: Answer } }
  | { type: 'KeyReleased'; data: Record<string, never> };

interface KeyRecord {
  revision: ExpectedRevision;
  /** Undefined while nobody has the key. */
  content: string | undefined;
  answers: Map<string, Answer>;
}

const KEY_FORM = /^[\x21-\x7e]{1,200}$/;
const RACES_MAX = 10;

export class IdempotentMutations {
  /** The last request in line for each key: two at once are one after the other. */
  private readonly lines = new Map<string, Promise<unknown>>();

  constructor(
    private readonly store: EventStore,
    private readonly clock: Clock,
    private readonly random: Randomness,
  ) {}

  /** Executes the field once per key. `execute` is given the id of its command and answers with what must be remembered. */
  async once<A extends object>(context: RequestContext, info: GraphQLResolveInfo, execute: (commandId: string) => Promise<A>): Promise<A> {
    const { idempotencyKey: key, caller } = context;
    if (key === undefined || caller === undefined) return execute(this.random.uuid());
    if (!KEY_FORM.test(key)) throw badInput('Idempotency-Key must be 1 to 200 visible ASCII characters.');
    const stream = `idempotency-${uuidOf(JSON.stringify([caller.sub, key]))}`;
    const before = this.lines.get(stream) ?? Promise.resolve();
    const run = before.then(() => this.run(stream, caller, key, info, execute));
    const settled = run.then(ignore, ignore).then(() => {
      if (this.lines.get(stream) === settled) this.lines.delete(stream);
    });
    this.lines.set(stream, settled);
    return run;
  }

  private async run<A extends object>(stream: string, caller: Caller, key: string, info: GraphQLResolveInfo, execute: (commandId: string) => Promise<A>): Promise<A> {
    const content = contentOf(info);
    const field = String(info.path.key);
    const record = await this.claim(stream, caller, content);
    const known = record.answers.get(field);
    if (known !== undefined) return known as A;
    try {
      const answer = await execute(uuidOf(JSON.stringify([caller.sub, key, content, field])));
      await this.write(stream, record.revision, caller, { type: 'KeyAnswered', data: { field, answer: answer as Answer } });
      return answer;
    } catch (error) {
      if (isRefusal(error) && record.answers.size === 0) await this.write(stream, record.revision, caller, { type: 'KeyReleased', data: {} });
      throw error;
    }
  }

  private async claim(stream: string, caller: Caller, content: string): Promise<KeyRecord> {
    for (let race = 0; race < RACES_MAX; race++) {
      const record = await this.read(stream);
      if (record.content === content) return record;
      if (record.content !== undefined) throw conflict('This Idempotency-Key was used for another mutation. Use a new key for each.');
      const written = await this.write(stream, record.revision, caller, { type: 'KeyClaimed', data: { content } });
      if (written !== undefined) return { revision: written, content, answers: new Map() };
    }
    throw unavailable('Another request uses this Idempotency-Key right now. Try again.');
  }

  private async read(stream: string): Promise<KeyRecord> {
    const record: KeyRecord = { revision: 'none', content: undefined, answers: new Map() };
    for (const event of await this.store.read(stream)) {
      record.revision = event.revision;
      const { type, data } = event as unknown as KeyEvent;
      if (type === 'KeyClaimed') record.content = data.content;
      else if (type === 'KeyAnswered') record.answers.set(data.field, data.answer);
      else record.content = undefined;
    }
    return record;
  }

  /** The revision written, undefined when somebody else has written to the stream meanwhile. */
  private async write(stream: string, expected: ExpectedRevision, caller: Caller, event: KeyEvent): Promise<number | undefined> {
    const id = this.random.uuid();
    const meta = { occurredAt: this.clock.now(), actor: caller.sub, actorRole: caller.roles[0] ?? 'none', commandId: id, correlationId: id };
    const result = await this.store.append(stream, expected, [{ id, type: event.type, version: 1, data: event.data, meta }]);
    return result.outcome === 'appended' ? result.revision : undefined;
  }
}

/** A hash of what the mutation asks for: its root fields with their values, however they are written. */
function contentOf(info: GraphQLResolveInfo): string {
  const type = info.schema.getMutationType();
  const asked: unknown[] = [];
  const collect = (set: SelectionSetNode): void => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) asked.push(fieldContent(selection));
      else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet);
      else collect(info.fragments[selection.name.value]!.selectionSet);
    }
  };
  const fieldContent = (node: FieldNode): unknown => {
    const definition = type?.getFields()[node.name.value];
    return [node.alias?.value ?? node.name.value, node.name.value, definition === undefined ? {} : getArgumentValues(definition, node, info.variableValues)];
  };
  collect(info.operation.selectionSet);
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex');
}

function ignore(): void {
  // The outcome belongs to the request; the line only needs to know that it is over.
}
