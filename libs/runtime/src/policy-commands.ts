// The commands that a policy gives: planned while events are folded, given before what they answer is committed.
// Their ids derive from what caused them, so that those given again after a kill are recognised.
import type { Actor, Command, Intent, Policy } from '@app/kernel';
import { type CommandExecutor, uuidOf } from './execute-command';
import type { Clock } from './ports/clock';
import type { RunnerLogger } from './runner-logger';

interface PolicyCommandsDeps {
  executor: Pick<CommandExecutor, 'execute'>;
  clock: Clock;
  logger: RunnerLogger;
}

/** Who gives a policy's commands. */
export function policyActor({ name }: Pick<Policy, 'name'>): Actor {
  return { id: `policy:${name}`, role: 'system' };
}

interface Planned {
  stream: string;
  command: Command;
}

export class PolicyCommands {
  private readonly actor: Actor;
  private planned: Planned[] = [];

  constructor(
    private readonly policy: Pick<Policy, 'name' | 'oneByOne'>,
    private readonly deps: PolicyCommandsDeps,
  ) {
    this.actor = policyActor(policy);
  }

  /** `cause`: the same whenever the same command is planned again, and no other's. */
  plan({ stream, command }: Intent, cause: string, chain: Pick<Command, 'causationId' | 'correlationId'>): void {
    const id = uuidOf(`policy/${this.policy.name}/${cause}`);
    this.planned.push({ stream, command: { ...command, ...chain, id, actor: this.actor, at: this.deps.clock.now() } });
  }

  discard(): void {
    this.planned = [];
  }

  /** Those of one stream in their order, streams beside each other, unless all are given one by one. A refusal is an answer; a fault undoes the batch. */
  async give(): Promise<void> {
    const planned = this.planned;
    this.planned = [];
    if (this.policy.oneByOne === true) return this.giveLine(planned);
    const byStream = new Map<string, Planned[]>();
    for (const one of planned) {
      const line = byStream.get(one.stream);
      if (line === undefined) byStream.set(one.stream, [one]);
      else line.push(one);
    }
    for (const outcome of await Promise.allSettled([...byStream.values()].map(line => this.giveLine(line)))) if (outcome.status === 'rejected') throw outcome.reason;
  }

  private async giveLine(line: readonly Planned[]): Promise<void> {
    const { executor, clock, logger } = this.deps;
    for (const { stream, command } of line) {
      // In a long line the instant of the plan would be long past.
      const result = await executor.execute(stream, this.policy.oneByOne === true ? { ...command, at: clock.now() } : command);
      if (result.outcome === 'done') continue;
      logger.info({ policy: this.policy.name, stream, command: command.type, rejection: result.rejection.rejection }, 'A command of a policy was refused.');
    }
  }
}
