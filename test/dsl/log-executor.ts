// Decides commands over a log in memory, one after the other, as the product's executor does over a real one:
// a command that comes again is recognised by its id and writes nothing.
import { type Command, type Decider, type DomainEvent, isRejection } from '@app/kernel';
import { type AnyDecider, type CommandExecutor, type CommandResult, uuidOf } from '@app/runtime';
import type { MemoryLog } from './memory-log';

export class LogExecutor implements CommandExecutor {
  private readonly decider: Decider<Command, DomainEvent, unknown>;

  constructor(
    private readonly log: MemoryLog,
    decider: AnyDecider,
  ) {
    this.decider = decider as unknown as Decider<Command, DomainEvent, unknown>;
  }

  async execute(stream: string, command: Command): Promise<CommandResult> {
    const events = await this.log.read(stream);
    const done = { outcome: 'done' as const, events: [], revision: events.length - 1, position: await this.log.end() };
    if (events.some(({ meta }) => meta.commandId === command.id)) return { ...done, repeated: true };
    const decision = this.decider.decide(command, (await this.load(stream)).state);
    if (isRejection(decision)) return { outcome: 'refused', rejection: decision };
    const { id, actor } = command;
    const position = this.log.append(...decision.map((event, i) => ({ ...event, stream, id: uuidOf(`${id}/${i}`), commandId: id, actor: actor.id })));
    return { ...done, events: decision, revision: done.revision + decision.length, position, repeated: false };
  }

  async load<S>(stream: string): Promise<{ state: S; revision: number }> {
    const events = await this.log.read(stream);
    const state = events.reduce((before, { type, data, meta }) => this.decider.evolve(before, { type, data, occurredAt: meta.occurredAt }), this.decider.initial);
    return { state: state as S, revision: events.length - 1 };
  }
}
